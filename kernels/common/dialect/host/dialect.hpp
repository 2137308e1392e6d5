// The dialect on the host: the names that a kernel body may use, for the source executor. A unit
// selects this folder by its include path and sets its build mode in KG_BUILD_MODE, so that a
// checked unit never takes an inline function from a plain one.
#pragma once

#include <cmath>
#include <cstdint>

#include "harness/executors/source/kernel_api.hpp"

#define KDEV [[gnu::always_inline]] inline
#define KGLOBAL __attribute__((noinline))
#define KBOUNDS(threads)
#define K_SITE_PARAMETER , ::kernelgate::source_api::Site site = ::kernelgate::source_api::here()
#define K_SITE , site
#define K_SITE_ALONE site

/// Declares `s`, the block's shared memory as a Type; the kernel has no other.
#define K_SHARED(Type, s) \
  Type& s = *static_cast<Type*>(::kernelgate::source_api::shared(sizeof(Type), #Type))

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

using source_api::AtomicOp;
using source_api::AtomicScope;
using source_api::Site;
using source_api::WaveOp;

KDEV u32 k_tid() { return source_api::thread(); }
KDEV u32 k_threads() { return source_api::threads(); }
KDEV u32 k_block() { return source_api::block(0); }
KDEV u32 k_block_y() { return source_api::block(1); }
KDEV u32 k_block_z() { return source_api::block(2); }
KDEV u32 k_blocks() { return source_api::blocks(0); }
KDEV u32 k_blocks_y() { return source_api::blocks(1); }
KDEV u32 k_blocks_z() { return source_api::blocks(2); }

KDEV void k_sync(Site site = source_api::here()) { source_api::sync_block(site); }

template <int W>
KDEV void k_syncwave_mask(u64 mask, Site site = source_api::here()) {
  source_api::wave(WaveOp::sync, mask, 0, 0, W, site);
}
template <int W>
KDEV void k_syncwave(Site site = source_api::here()) {
  source_api::wave(WaveOp::sync, 0, 0, 0, W, site);
}

template <int W, class T>
KDEV T k_move(WaveOp op, u64 mask, T value, u32 operand, Site site) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "a shuffle moves 4 or 8 bytes");
  if constexpr (sizeof(T) == 4) {
    const u64 moved = source_api::wave(op, mask, __builtin_bit_cast(u32, value), operand, W, site);
    return __builtin_bit_cast(T, static_cast<u32>(moved));
  } else {
    return __builtin_bit_cast(
        T, source_api::wave(op, mask, __builtin_bit_cast(u64, value), operand, W, site));
  }
}

template <int W, class T>
KDEV T k_shfl(T value, u32 lane, Site site = source_api::here()) {
  return k_move<W>(WaveOp::shuffle, 0, value, lane, site);
}
template <int W, class T>
KDEV T k_shfl_xor(T value, u32 distance, Site site = source_api::here()) {
  return k_move<W>(WaveOp::shuffle_xor, 0, value, distance, site);
}
/// Lanes below the distance keep their own value.
template <int W, class T>
KDEV T k_shfl_up(T value, u32 distance, Site site = source_api::here()) {
  return k_move<W>(WaveOp::shuffle_up, 0, value, distance, site);
}
/// Lanes within the distance of the wave's end keep their own value.
template <int W, class T>
KDEV T k_shfl_down(T value, u32 distance, Site site = source_api::here()) {
  return k_move<W>(WaveOp::shuffle_down, 0, value, distance, site);
}
template <int W, class T>
KDEV T k_shfl_mask(u64 mask, T value, u32 lane, Site site = source_api::here()) {
  return k_move<W>(WaveOp::shuffle, mask, value, lane, site);
}
template <int W, class T>
KDEV T k_shfl_xor_mask(u64 mask, T value, u32 distance, Site site = source_api::here()) {
  return k_move<W>(WaveOp::shuffle_xor, mask, value, distance, site);
}

template <int W, class T>
KDEV T k_shfl_up_mask(u64 mask, T value, u32 distance, Site site = source_api::here()) {
  return k_move<W>(WaveOp::shuffle_up, mask, value, distance, site);
}
template <int W, class T>
KDEV T k_shfl_down_mask(u64 mask, T value, u32 distance, Site site = source_api::here()) {
  return k_move<W>(WaveOp::shuffle_down, mask, value, distance, site);
}

template <int W>
KDEV u64 k_ballot(bool vote, Site site = source_api::here()) {
  return source_api::wave(WaveOp::ballot, 0, vote, 0, W, site);
}
template <int W>
KDEV u64 k_ballot_mask(u64 mask, bool vote, Site site = source_api::here()) {
  return source_api::wave(WaveOp::ballot, mask, vote, 0, W, site);
}
template <int W>
KDEV bool k_any(bool vote, Site site = source_api::here()) {
  return source_api::wave(WaveOp::ballot, 0, vote, 0, W, site) != 0;
}
template <int W>
KDEV bool k_all(bool vote, Site site = source_api::here()) {
  return source_api::wave(WaveOp::ballot, 0, !vote, 0, W, site) == 0;
}

KDEV u32 k_popcount(u32 x) { return static_cast<u32>(__builtin_popcount(x)); }
KDEV u32 k_popcount(u64 x) { return static_cast<u32>(__builtin_popcountll(x)); }
/// Number of leading zeros; 32 for 0.
KDEV u32 k_clz(u32 x) { return x == 0 ? 32U : static_cast<u32>(__builtin_clz(x)); }
/// Position of the lowest set bit, counted from 1; 0 for 0.
KDEV u32 k_ffs(u64 x) { return static_cast<u32>(__builtin_ffsll(static_cast<long long>(x))); }

KDEV float k_fma(float a, float b, float c) { return std::fma(a, b, c); }
KDEV double k_fma(double a, double b, double c) { return std::fma(a, b, c); }
KDEV float k_sqrt(float x) { return __builtin_sqrtf(x); }
KDEV double k_sqrt(double x) { return __builtin_sqrt(x); }
/// Two roundings, the same on every target.
KDEV float k_rsqrt(float x) { return 1.0F / k_sqrt(x); }

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

#include "kernels/common/dialect/common/number_bits.hpp"
#include "kernels/common/dialect/host/atomics.hpp"
#include "kernels/common/dialect/host/entry.hpp"
// portable.hpp last: it uses the names above
#include "kernels/common/dialect/common/portable.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Loads N elements in one access from an address that is aligned to their total size.
template <int N, class T>
KDEV Vec<T, N> k_load(const T* from) {
  constexpr u32 bytes = N * sizeof(T);
  if (reinterpret_cast<std::uintptr_t>(from) % bytes != 0) source_api::misaligned(from, bytes);
  return *reinterpret_cast<const Vec<T, N>*>(from);
}
template <int N, class T>
KDEV void k_store(T* to, Vec<T, N> value) {
  constexpr u32 bytes = N * sizeof(T);
  if (reinterpret_cast<std::uintptr_t>(to) % bytes != 0) source_api::misaligned(to, bytes);
  *reinterpret_cast<Vec<T, N>*>(to) = value;
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
