// Results of attention over a cache that is cut into splits: the partial results of each split per
// query row, the kernel that merges the splits, and the number of splits per launch.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "harness/core/pieces.hpp"
#include "kernels/common/kokkos/space_shape.hpp"
#include "kernels/common/kokkos/stored_pack.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// The cut of a launch's keys: `count` splits of `keys` keys (the last one may be shorter).
struct SplitCut {
  std::int64_t count = 1, keys = std::int64_t{1} << 32;
};

/// Cuts `longest` keys so that a launch of `teams` teams per split keeps the whole machine busy, in
/// splits long enough to be read as a stream. The cut depends only on the case and the shape, so
/// the number of threads does not change a bit.
template <class Shape>
SplitCut split_cut(std::int64_t longest, std::int64_t teams) {
  constexpr std::int64_t wanted = Shape::is_host ? 32 : 512, min_keys = Shape::is_host ? 256 : 128;
  const std::int64_t splits = std::max<std::int64_t>(1, wanted / teams);
  SplitCut cut;
  if (splits == 1 || longest <= min_keys) return cut;
  cut.keys = std::max(min_keys, rounded_up(pieces(longest, splits), 64));
  cut.count = pieces(longest, cut.keys);
  return cut;
}

/// The destination of attention results. With one split they are divided and stored in `out`
/// [query][width]; with several, partial results [query][split] are stored for merge_splits(). The
/// largest score of a row is an exponent of 2; -inf if the row saw no key of the split.
template <class T>
struct SplitResults {
  std::int64_t splits = 1, width = 0;
  DeviceView<T> out;
  DeviceView<float> largest, total, mixed;

  /// `queries` rows of `width` components.
  SplitResults(std::int64_t split_count, std::int64_t queries, std::int64_t components,
               const DeviceView<T>& output)
      : splits(split_count), width(components), out(output) {
    if (splits == 1) return;
    const auto rows = static_cast<std::size_t>(queries * splits);
    largest = DeviceView<float>("largest", rows);
    total = DeviceView<float>("total", rows);
    mixed = DeviceView<float>("mixed", rows * static_cast<std::size_t>(components));
  }

  KOKKOS_FORCEINLINE_FUNCTION void store_state(std::int64_t query, std::int64_t split, float most,
                                               float sum) const {
    if (splits == 1) return;
    largest.data()[query * splits + split] = most;
    total.data()[query * splits + split] = sum;
  }
  /// Stores up to W components from x on: weighted values, not yet divided by `sum`, the sum of the
  /// weights. A row that saw no key yields zeros.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION void store_mixed(std::int64_t query, std::int64_t split, int x,
                                               const Pack<float, W>& values, float sum) const {
    if (splits == 1) {
      const float inverse = sum == 0 ? 0.0F : 1 / sum;
      narrow_first<W>(out.data() + query * width + x, values * inverse, width - x);
    } else {
      narrow_first<W>(mixed.data() + (query * splits + split) * width + x, values, width - x);
    }
  }
};

/// out = sum_i 2^(m_i - m) mixed_i / sum_i 2^(m_i - m) total_i with m = max m_i, in the order of
/// the splits: correct for any number of them (docs/kernels/cca_attention.md). One team per query.
template <class Shape, class T>
struct MergeSplits {
  static constexpr int W = Shape::lanes;
  using P = Pack<float, W>;

  SplitResults<T> results;

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const auto splits = static_cast<int>(results.splits);
    const auto width = static_cast<int>(results.width);
    const std::int64_t query = team.league_rank(), row = query * splits;
    const float* largest = results.largest.data() + row;
    const float* totals = results.total.data() + row;
    auto* factors = static_cast<float*>(
        team.team_scratch(int{Shape::scratch_level})
            .get_shmem_aligned(sizeof(float) * static_cast<std::size_t>(splits), 64));
    float most = -INFINITY;
    KG_ROLL for (int s = 0; s < splits; ++s) most = largest[s] > most ? largest[s] : most;
    const float base = most == -INFINITY ? 0.0F : most;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, splits),
                         [&](int s) { factors[s] = Kokkos::exp2(largest[s] - base); });
    team.team_barrier();
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, (width + W - 1) / W), [&](int i) {
      const int x = i * W;
      P sum = broadcast<P>(0.0F);
      float total = 0;
      KG_ROLL for (int s = 0; s < splits; ++s) {
        const float* from = results.mixed.data() + (row + s) * width + x;
        sum += widen_first<W>(from, width - x) * factors[s];
        total += factors[s] * totals[s];
      }
      const float inverse = total == 0 ? 0.0F : 1 / total;
      narrow_first<W>(results.out.data() + query * width + x, sum * inverse, width - x);
    });
  }
};

/// Launches the merge of `queries` rows; does nothing for one split.
template <class Shape, class T>
void merge_splits(const char* name, const SplitResults<T>& results, std::int64_t queries) {
  if (results.splits == 1) return;
  const auto policy =
      teams_of<Shape>(queries, sizeof(float) * static_cast<std::size_t>(results.splits) + 64);
  Kokkos::parallel_for(name, policy, MergeSplits<Shape, T>{results});
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
