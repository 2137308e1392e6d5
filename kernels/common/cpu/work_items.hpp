// Work items for the host's threads, scheduled dynamically. The assignment to threads does not
// affect the result's bits.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>

#include "harness/core/pieces.hpp"
#include "kernels/common/cpu/panel_gemm.hpp"

namespace kernelgate {

using HostSpace = Kokkos::DefaultHostExecutionSpace;

/// Calls work(item) for every item of [0, count) and returns when all are done.
template <class Work>
void for_each_host_item(const char* label, std::int64_t count, const Work& work) {
  using Policy = Kokkos::RangePolicy<HostSpace, Kokkos::Schedule<Kokkos::Dynamic>,
                                     Kokkos::IndexType<std::int64_t>>;
  Kokkos::parallel_for(label, Policy(0, count).set_chunk_size(1), work);
  HostSpace().fence();
}

/// f32 memory for each thread that may run concurrently.
class ThreadMemory {
 public:
  explicit ThreadMemory(std::int64_t floats)
      : memory_("thread memory", static_cast<std::size_t>(tokens_.size()),
                static_cast<std::size_t>(floats)) {}

  /// Calls use(pointer) with memory that no other thread uses during the call.
  template <class Use>
  void with(const Use& use) const {
    const auto id = tokens_.acquire();
    use(&memory_(static_cast<std::size_t>(id), 0));
    tokens_.release(id);
  }

 private:
  Kokkos::Experimental::UniqueToken<HostSpace> tokens_;
  Kokkos::View<float**, Kokkos::LayoutRight, Kokkos::HostSpace> memory_;
};

/// Weight rows per chunk of a panel GEMM: the maximum of a call, or fewer if the threads would
/// otherwise have less than four chunks each. A multiple of `tile` rows, as is `most`.
inline std::int64_t rows_a_piece(std::int64_t rows, std::int64_t token_blocks, std::int64_t tile,
                                 std::int64_t most = rows_a_call) {
  const std::int64_t tiles = pieces(rows, tile) * token_blocks;
  const std::int64_t share = tiles / (4 * std::max(1, HostSpace().concurrency()));
  return std::clamp<std::int64_t>(share * tile, tile, most);
}

/// Rows of `row_bytes` bytes per chunk of row dots, about `bytes` bytes in total: at least 8 rows.
inline std::int64_t rows_a_stream(std::int64_t row_bytes, std::int64_t bytes) {
  return std::max<std::int64_t>(8, bytes / row_bytes / 8 * 8);
}

}  // namespace kernelgate
