// Wave operations by ds_bpermute and ballots. A wave runs in lockstep, so the lanes of a mask need
// no instruction to converge; the masks serve the executors and CUDA. Part of dialect.hpp.
#pragma once

#include "kernels/common/dialect/hip/arch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Includes a real fence: without it the compiler may move the wave's LDS accesses across.
template <int W>
KDEV void k_syncwave() {
  static_assert(k_compiles_wave(W), "an instance for the other wave width");
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "wavefront");
  __builtin_amdgcn_wave_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "wavefront");
}
template <int W>
KDEV void k_syncwave_mask(u64) {
  k_syncwave<W>();
}

template <int W>
KDEV u32 k_lane() {
  const u32 low = __builtin_amdgcn_mbcnt_lo(~0U, 0U);
  if constexpr (W == 64) return __builtin_amdgcn_mbcnt_hi(~0U, low);
  return low;
}

/// The word of lane `source`, which must be below W.
template <int W>
KDEV u32 k_word_of_lane(u32 word, u32 source) {
  static_assert(k_compiles_wave(W), "an instance for the other wave width");
  static_assert(W == 32 || k_gfx == 0 || k_gfx == 9 || k_gfx >= 11,
                "waves of 64 lanes on RDNA 1 and 2: no instruction crosses the halves");
  const auto address = [](u32 lane) { return static_cast<int>(lane * 4); };
  if constexpr (W == 32 || k_gfx == 9 || k_gfx == 0) {
    return static_cast<u32>(__builtin_amdgcn_ds_bpermute(address(source), static_cast<int>(word)));
  } else {
    // RDNA permutes within each half of 32 lanes; words of the other half are first swapped over.
    const u32 lane = k_lane<W>();
    const u32 near = (lane & 32U) | (source & 31U);
    const u32 swapped = __builtin_amdgcn_permlane64(word);
    const int own = __builtin_amdgcn_ds_bpermute(address(near), static_cast<int>(word));
    const int other = __builtin_amdgcn_ds_bpermute(address(near), static_cast<int>(swapped));
    return static_cast<u32>(((lane ^ source) & 32U) != 0 ? other : own);
  }
}

template <int W, class T>
KDEV T k_shfl(T value, u32 lane) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "lanes exchange 4 or 8 bytes");
  const u32 source = lane & (W - 1);
  if constexpr (sizeof(T) == 4) {
    return __builtin_bit_cast(T, k_word_of_lane<W>(__builtin_bit_cast(u32, value), source));
  } else {
    const u64 bits = __builtin_bit_cast(u64, value);
    const u64 low = k_word_of_lane<W>(static_cast<u32>(bits), source);
    const u64 high = k_word_of_lane<W>(static_cast<u32>(bits >> 32), source);
    return __builtin_bit_cast(T, high << 32 | low);
  }
}
template <int W, class T>
KDEV T k_shfl_xor(T value, u32 distance) {
  return k_shfl<W>(value, k_lane<W>() ^ distance);
}
/// A lane whose source would be outside the wave keeps its own value.
template <int W, class T>
KDEV T k_shfl_up(T value, u32 distance) {
  const u32 lane = k_lane<W>();
  return k_shfl<W>(value, lane >= distance ? lane - distance : lane);
}
template <int W, class T>
KDEV T k_shfl_down(T value, u32 distance) {
  const u32 lane = k_lane<W>();
  return k_shfl<W>(value, lane + distance < W ? lane + distance : lane);
}
template <int W, class T>
KDEV T k_shfl_mask(u64, T value, u32 lane) {
  return k_shfl<W>(value, lane);
}
template <int W, class T>
KDEV T k_shfl_xor_mask(u64, T value, u32 distance) {
  return k_shfl_xor<W>(value, distance);
}
template <int W, class T>
KDEV T k_shfl_up_mask(u64, T value, u32 distance) {
  return k_shfl_up<W>(value, distance);
}
template <int W, class T>
KDEV T k_shfl_down_mask(u64, T value, u32 distance) {
  return k_shfl_down<W>(value, distance);
}

template <int W>
KDEV u64 k_ballot(bool bit) {
  static_assert(k_compiles_wave(W), "an instance for the other wave width");
  if constexpr (W == 32) {
    return __builtin_amdgcn_ballot_w32(bit);
  } else {
    return __builtin_amdgcn_ballot_w64(bit);
  }
}
template <int W>
KDEV u64 k_ballot_mask(u64 mask, bool bit) {
  return k_ballot<W>(bit) & mask;
}
template <int W>
KDEV bool k_any(bool bit) {
  return k_ballot<W>(bit) != 0;
}
template <int W>
KDEV bool k_all(bool bit) {
  return k_ballot<W>(!bit) == 0;
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
