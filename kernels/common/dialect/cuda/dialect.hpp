// The dialect for nvcc: waves of 32 lanes, sm_80 and later. docs/dialect.md defines each name.
// Compile with -fmad=false; k_fma requests a fused product.
#pragma once

#ifndef KG_BUILD_MODE
#define KG_BUILD_MODE cuda
#endif
#define KDEV __device__ __forceinline__
#define KGLOBAL __global__
#define KBOUNDS(threads) __launch_bounds__(threads)
#define K_UNROLL _Pragma("unroll")
#define K_ENTRY_32 K_ENTRY_COMPILED
#define K_ENTRY_64 K_ENTRY_LISTED

/// Declares Type& s, the block's entire shared memory; the launch sets its size in bytes.
#define K_SHARED(Type, s)                                                 \
  extern __shared__ __align__(16) unsigned char k_shared_memory[];        \
  static_assert(alignof(Type) <= 16, "shared memory begins at 16 bytes"); \
  Type& s = *reinterpret_cast<Type*>(k_shared_memory)

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

KDEV u32 k_tid() { return threadIdx.x; }
KDEV u32 k_threads() { return blockDim.x; }
KDEV u32 k_block() { return blockIdx.x; }
KDEV u32 k_block_y() { return blockIdx.y; }
KDEV u32 k_block_z() { return blockIdx.z; }
KDEV u32 k_blocks() { return gridDim.x; }
KDEV u32 k_blocks_y() { return gridDim.y; }
KDEV u32 k_blocks_z() { return gridDim.z; }

KDEV void k_sync() { __syncthreads(); }

KDEV float k_fma(float a, float b, float c) { return __fmaf_rn(a, b, c); }
KDEV double k_fma(double a, double b, double c) { return __fma_rn(a, b, c); }
KDEV float k_sqrt(float x) { return __fsqrt_rn(x); }
KDEV double k_sqrt(double x) { return __dsqrt_rn(x); }
KDEV float k_rsqrt(float x) { return __fdiv_rn(1.0F, __fsqrt_rn(x)); }

KDEV float k_widen_f16(u16 half) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(half));
  return x;
}
KDEV u16 k_narrow_f16(float x) {
  u16 half;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(x));
  return half;
}
KDEV u16 k_narrow_bf16(float x) {
  u16 half;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(half) : "f"(x));
  return half;
}

KDEV u32 k_popcount(u32 x) { return static_cast<u32>(__popc(x)); }
KDEV u32 k_popcount(u64 x) { return static_cast<u32>(__popcll(x)); }
KDEV u32 k_clz(u32 x) { return static_cast<u32>(__clz(static_cast<int>(x))); }
KDEV u32 k_ffs(u64 x) { return static_cast<u32>(__ffsll(static_cast<long long>(x))); }

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

#include "kernels/common/dialect/common/device_entry.hpp"
#include "kernels/common/dialect/cuda/atomics.hpp"
#include "kernels/common/dialect/cuda/memory.hpp"
#include "kernels/common/dialect/cuda/wave.hpp"
// portable.hpp last: it uses the names above
#include "kernels/common/dialect/common/portable.hpp"
