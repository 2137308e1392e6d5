// The dialect for clang's HIP without ROCm (-nogpuinc -nogpulib): attributes and builtins alone,
// for waves of 64 lanes (CDNA) and of 32 or 64 (RDNA). docs/dialect.md defines each name. Compile
// with -ffp-contract=off; k_fma requests a fused product.
#pragma once

#ifndef KG_BUILD_MODE
#define KG_BUILD_MODE hip
#endif
#define KDEV __attribute__((device, always_inline)) inline
#define KGLOBAL __attribute__((global))
#define KBOUNDS(threads) __attribute__((amdgpu_flat_work_group_size(1, threads)))
#define K_UNROLL _Pragma("unroll")

/// Declares Type& s, the block's entire LDS; the launch sets its size in bytes.
#define K_SHARED(Type, s)                                                                      \
  extern __attribute__((shared)) __attribute__((aligned(16))) unsigned char k_shared_memory[]; \
  static_assert(alignof(Type) <= 16, "shared memory begins at 16 bytes");                      \
  Type& s = *reinterpret_cast<Type*>(k_shared_memory)

#include "kernels/common/dialect/common/types.hpp"
#include "kernels/common/dialect/hip/arch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

KDEV u32 k_tid() { return __builtin_amdgcn_workitem_id_x(); }
KDEV u32 k_threads() { return __builtin_amdgcn_workgroup_size_x(); }
KDEV u32 k_block() { return __builtin_amdgcn_workgroup_id_x(); }
KDEV u32 k_block_y() { return __builtin_amdgcn_workgroup_id_y(); }
KDEV u32 k_block_z() { return __builtin_amdgcn_workgroup_id_z(); }
// The dispatch counts threads; every grid is a whole number of blocks.
KDEV u32 k_blocks() { return __builtin_amdgcn_grid_size_x() / __builtin_amdgcn_workgroup_size_x(); }
KDEV u32 k_blocks_y() {
  return __builtin_amdgcn_grid_size_y() / __builtin_amdgcn_workgroup_size_y();
}
KDEV u32 k_blocks_z() {
  return __builtin_amdgcn_grid_size_z() / __builtin_amdgcn_workgroup_size_z();
}

/// Block barrier. All of the block's earlier writes, to device memory too, are visible after it.
KDEV void k_sync() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

KDEV float k_fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
KDEV double k_fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
KDEV float k_sqrt(float x) { return __builtin_sqrtf(x); }
KDEV double k_sqrt(double x) { return __builtin_sqrt(x); }
KDEV float k_rsqrt(float x) { return 1.0F / __builtin_sqrtf(x); }

KDEV float k_widen_f16(u16 half) { return static_cast<float>(__builtin_bit_cast(_Float16, half)); }
KDEV u16 k_narrow_f16(float x) { return __builtin_bit_cast(u16, static_cast<_Float16>(x)); }
KDEV u16 k_narrow_bf16(float x) { return __builtin_bit_cast(u16, static_cast<__bf16>(x)); }

KDEV u32 k_popcount(u32 x) { return static_cast<u32>(__builtin_popcount(x)); }
KDEV u32 k_popcount(u64 x) { return static_cast<u32>(__builtin_popcountll(x)); }
KDEV u32 k_clz(u32 x) { return x == 0 ? 32U : static_cast<u32>(__builtin_clz(x)); }
KDEV u32 k_ffs(u64 x) { return static_cast<u32>(__builtin_ffsll(static_cast<long long>(x))); }

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

#include "kernels/common/dialect/common/device_entry.hpp"
#include "kernels/common/dialect/hip/atomics.hpp"
#include "kernels/common/dialect/hip/launch_stub.hpp"
#include "kernels/common/dialect/hip/memory.hpp"
#include "kernels/common/dialect/hip/wave.hpp"
// portable.hpp last: it uses the names above
#include "kernels/common/dialect/common/portable.hpp"
