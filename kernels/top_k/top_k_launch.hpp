// Layout of the shared memory of top_k's kernels, for the kernels and their host side. It depends
// on the amount of shared memory alone, never on the threads or waves of a block.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"
#include "kernels/common/select/select_layout.hpp"

namespace kernelgate {

/// An amount of shared memory that kernels are laid out for, and the maximum k that they sort.
/// Kernels take the two numbers as template arguments, because nvcc 13.0 writes an argument that is
/// an object of a class into its host code without declaring the class.
struct TopKLayout {
  std::int64_t lds_bytes;
  std::int64_t max_sorted;  // a power of two

  static constexpr std::int64_t entry_bytes = 8;

  /// Elements of a slice that fit after state and counters, in whole 16-byte pieces.
  constexpr std::int64_t slice_capacity(std::int64_t element_bytes) const {
    return (lds_bytes - SelectLayout::state_bytes - 4 * SelectLayout::bins) / 16 * 16 /
           element_bytes;
  }
  /// Bytes shared by a merge's counters and, afterwards, the entries that it sorts.
  constexpr std::int64_t sort_bytes() const {
    return max_sorted * entry_bytes < 4 * SelectLayout::bins ? 4 * SelectLayout::bins
                                                             : max_sorted * entry_bytes;
  }
  /// Candidates that fit after those; 0 if they are no more than the merge sorts at once.
  constexpr std::int64_t merge_capacity() const {
    const std::int64_t left = (lds_bytes - SelectLayout::state_bytes - sort_bytes()) / 16 * 2;
    return left > max_sorted ? left : 0;
  }
};

inline constexpr TopKLayout top_k_16k{16384, 1024};    // the artificial profile `tiny`
inline constexpr TopKLayout top_k_64k{65536, 4096};    // gfx1100, gfx942, sm_75: most devices
inline constexpr TopKLayout top_k_160k{163840, 4096};  // gfx950
inline constexpr TopKLayout top_k_227k{232448, 4096};  // sm_90, sm_100

/// Names of the instances.
constexpr InstanceName top_k_slice_name(std::string_view type, std::int64_t wave,
                                        const TopKLayout& layout) {
  return instance_name("top_k_slice", type, instance_wave(wave),
                       InstanceNumber{"", layout.lds_bytes / 1024, "k"});
}
constexpr InstanceName top_k_merge_name(std::string_view type, std::int64_t wave,
                                        const TopKLayout& layout) {
  return instance_name("top_k_merge", type, instance_wave(wave),
                       InstanceNumber{"", layout.lds_bytes / 1024, "k"});
}

}  // namespace kernelgate
