// Kernel instances for the seeded bugs of top_k.
#include <iterator>

#include "kernels/top_k/top_k_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

using SliceShared = TopKSliceShared<float, top_k_16k>;
using MergeShared = TopKMergeShared<top_k_16k>;
using RdnaShared = TopKSliceShared<float, top_k_64k>;

inline NativeEntries top_k_entries() {
  static const NativeEntry table[] = {
      K_ENTRY("top_k_slice<f32,w32,16k>",
              (top_k_slice<float, 32, top_k_16k.lds_bytes, top_k_16k.max_sorted>), 32, 1024,
              SliceShared),
      K_ENTRY("top_k_merge<f32,w32,16k>",
              (top_k_merge<float, 32, top_k_16k.lds_bytes, top_k_16k.max_sorted>), 32, 1024,
              MergeShared),
      K_ENTRY("top_k_slice<f32,w64,16k>",
              (top_k_slice<float, 64, top_k_16k.lds_bytes, top_k_16k.max_sorted>), 64, 1024,
              SliceShared),
      K_ENTRY("top_k_merge<f32,w64,16k>",
              (top_k_merge<float, 64, top_k_16k.lds_bytes, top_k_16k.max_sorted>), 64, 1024,
              MergeShared),
      K_ENTRY("top_k_slice<f32,w32,64k>",
              (top_k_slice<float, 32, top_k_64k.lds_bytes, top_k_64k.max_sorted>), 32, 1024,
              RdnaShared)};
  return {table, static_cast<std::int64_t>(std::size(table))};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(top_k)
