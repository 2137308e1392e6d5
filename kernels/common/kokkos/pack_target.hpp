// The target that a unit with packs is compiled for: loop macros, the packs' namespace, the width
// of a register, and prefetching.
#pragma once

#include <Kokkos_Core.hpp>

// KG_UNROLL: a loop over lanes or registers, unrolled by every compiler. KG_ROLL: a loop that
// device compilers must not unroll, because unrolling takes too many registers.
#if defined(__CUDACC__) || defined(__HIP__)
#define KG_UNROLL _Pragma("unroll")
#define KG_ROLL _Pragma("unroll 1")
#define KG_PACK_NAMESPACE device_packs
#define KG_VECTOR_PACKS 0
#else
#ifdef __clang__
#define KG_UNROLL _Pragma("unroll")
#else
#define KG_UNROLL _Pragma("GCC unroll 64")
#endif
#define KG_ROLL
#define KG_VECTOR_PACKS 1
#if defined(__AVX512F__)
#include <immintrin.h>
#define KG_PACK_NAMESPACE avx512_packs
#elif defined(__AVX2__)
#include <immintrin.h>
#define KG_PACK_NAMESPACE avx2_packs
#else
#define KG_PACK_NAMESPACE plain_packs
#endif
#endif

namespace kernelgate {
// Units of one program may be compiled for different processors, so their packs must be different
// types.
inline namespace KG_PACK_NAMESPACE {

/// Whether packs of more than one number use the compiler's vector types (hosts).
inline constexpr bool vector_packs = KG_VECTOR_PACKS != 0;

/// 32-bit numbers per widest register of this unit's processor; 1 on devices.
#if !KG_VECTOR_PACKS
inline constexpr int native_lanes = 1;
#elif defined(__AVX512F__)
inline constexpr int native_lanes = 16;
#elif defined(__AVX2__)
inline constexpr int native_lanes = 8;
#else
inline constexpr int native_lanes = 4;
#endif

/// Prefetches the cache line of `from` on a host; the address need not be readable. Does nothing on
/// a device, which hides latency by switching threads.
KOKKOS_FORCEINLINE_FUNCTION void prefetch([[maybe_unused]] const void* from) {
#if KG_VECTOR_PACKS
  __builtin_prefetch(from, 0, 2);
  asm volatile("");  // keeps g++ from dropping calls of functions that only prefetch
#endif
}

/// The same into the L1 cache, for data read within the next few hundred cycles.
KOKKOS_FORCEINLINE_FUNCTION void prefetch_near([[maybe_unused]] const void* from) {
#if KG_VECTOR_PACKS
  __builtin_prefetch(from, 0, 3);
#endif
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
