// Wave operations: *_sync instructions over a mask. Part of dialect.hpp.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// For full waves only: the instruction hangs if a lane of the mask is missing.
inline constexpr u32 k_full_mask = 0xFFFFFFFFU;

template <int W>
KDEV void k_syncwave_mask(u64 mask) {
  static_assert(W == 32, "CUDA waves have 32 lanes");
  __syncwarp(static_cast<u32>(mask));
}
template <int W>
KDEV void k_syncwave() {
  k_syncwave_mask<W>(k_full_mask);
}

/// The same bytes as another type. Not __builtin_bit_cast: nvcc 13.0 crashes on it in its host pass
/// ("do_constexpr_builtin_bit_cast"), though not when it writes PTX alone.
template <class To, class From>
KDEV To k_same_bytes(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof(To));
  return to;
}

/// Moves the value's words with one instruction each.
template <class T, class Move>
KDEV T k_move_words(T value, Move move) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "lanes exchange 4 or 8 bytes");
  if constexpr (sizeof(T) == 4) {
    return k_same_bytes<T>(move(k_same_bytes<u32>(value)));
  } else {
    const u64 bits = k_same_bytes<u64>(value);
    const u64 low = move(static_cast<u32>(bits));
    const u64 high = move(static_cast<u32>(bits >> 32));
    return k_same_bytes<T>(high << 32 | low);
  }
}

template <int W, class T>
KDEV T k_shfl_mask(u64 mask, T value, u32 lane) {
  static_assert(W == 32, "CUDA waves have 32 lanes");
  const auto m = static_cast<u32>(mask);
  return k_move_words(value,
                      [=](u32 word) { return __shfl_sync(m, word, static_cast<int>(lane)); });
}
template <int W, class T>
KDEV T k_shfl_xor_mask(u64 mask, T value, u32 distance) {
  static_assert(W == 32, "CUDA waves have 32 lanes");
  const auto m = static_cast<u32>(mask);
  return k_move_words(
      value, [=](u32 word) { return __shfl_xor_sync(m, word, static_cast<int>(distance)); });
}
template <int W, class T>
KDEV T k_shfl_up_mask(u64 mask, T value, u32 distance) {
  static_assert(W == 32, "CUDA waves have 32 lanes");
  const auto m = static_cast<u32>(mask);
  return k_move_words(value, [=](u32 word) { return __shfl_up_sync(m, word, distance); });
}
template <int W, class T>
KDEV T k_shfl_down_mask(u64 mask, T value, u32 distance) {
  static_assert(W == 32, "CUDA waves have 32 lanes");
  const auto m = static_cast<u32>(mask);
  return k_move_words(value, [=](u32 word) { return __shfl_down_sync(m, word, distance); });
}

template <int W, class T>
KDEV T k_shfl(T value, u32 lane) {
  return k_shfl_mask<W>(k_full_mask, value, lane);
}
template <int W, class T>
KDEV T k_shfl_xor(T value, u32 distance) {
  return k_shfl_xor_mask<W>(k_full_mask, value, distance);
}
template <int W, class T>
KDEV T k_shfl_up(T value, u32 distance) {
  return k_shfl_up_mask<W>(k_full_mask, value, distance);
}
template <int W, class T>
KDEV T k_shfl_down(T value, u32 distance) {
  return k_shfl_down_mask<W>(k_full_mask, value, distance);
}

template <int W>
KDEV u64 k_ballot_mask(u64 mask, bool bit) {
  static_assert(W == 32, "CUDA waves have 32 lanes");
  return __ballot_sync(static_cast<u32>(mask), bit);
}
template <int W>
KDEV u64 k_ballot(bool bit) {
  return k_ballot_mask<W>(k_full_mask, bit);
}
template <int W>
KDEV bool k_any(bool bit) {
  return __any_sync(k_full_mask, bit) != 0;
}
template <int W>
KDEV bool k_all(bool bit) {
  return __all_sync(k_full_mask, bit) != 0;
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
