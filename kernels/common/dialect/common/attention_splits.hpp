// Launch arguments of attention kernels that split the keys, in a plain struct with the same layout
// for host and device compilers.
#pragma once

#include <cstdint>

namespace kernelgate {

/// Splits of the keys that a tile of query rows sees. With more than one split, the kernel keeps
/// the partial results of each query row and split for the merge; with one, the pointers are null.
struct AttentionSplits {
  float* largest;  // [queries, count]: maximum exponent of 2
  float* total;    // same shape: sum of weights
  float* mixed;    // [queries, count, width of a value]: weighted values, not divided
  std::uint32_t count;
  std::uint32_t keys;  // per split; the last one may be shorter
};

/// Threads per block of the merge, at most.
inline constexpr std::uint32_t attention_merge_threads = 256;

}  // namespace kernelgate
