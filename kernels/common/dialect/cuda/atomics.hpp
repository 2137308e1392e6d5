// Relaxed atomics with the scope in the name, and the device-wide fence. Part of dialect.hpp.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// CUDA's functions take unsigned long long, a different type from std::uint64_t.
using k_u64_of_cuda = unsigned long long;
KDEV k_u64_of_cuda* k_cuda_pointer(u64* p) { return reinterpret_cast<k_u64_of_cuda*>(p); }

KDEV u32 k_atomic_add_block(u32* p, u32 v) { return atomicAdd_block(p, v); }
KDEV float k_atomic_add_block(float* p, float v) { return atomicAdd_block(p, v); }
KDEV u64 k_atomic_add_block(u64* p, u64 v) { return atomicAdd_block(k_cuda_pointer(p), v); }
KDEV u32 k_atomic_add_device(u32* p, u32 v) { return atomicAdd(p, v); }
KDEV float k_atomic_add_device(float* p, float v) { return atomicAdd(p, v); }
KDEV u64 k_atomic_add_device(u64* p, u64 v) { return atomicAdd(k_cuda_pointer(p), v); }

KDEV u32 k_atomic_max_block(u32* p, u32 v) { return atomicMax_block(p, v); }
KDEV u64 k_atomic_max_block(u64* p, u64 v) { return atomicMax_block(k_cuda_pointer(p), v); }
KDEV u32 k_atomic_max_device(u32* p, u32 v) { return atomicMax(p, v); }
KDEV u64 k_atomic_max_device(u64* p, u64 v) { return atomicMax(k_cuda_pointer(p), v); }

KDEV u32 k_atomic_min_block(u32* p, u32 v) { return atomicMin_block(p, v); }
KDEV u64 k_atomic_min_block(u64* p, u64 v) { return atomicMin_block(k_cuda_pointer(p), v); }
KDEV u32 k_atomic_min_device(u32* p, u32 v) { return atomicMin(p, v); }
KDEV u64 k_atomic_min_device(u64* p, u64 v) { return atomicMin(k_cuda_pointer(p), v); }

KDEV u32 k_atomic_or_block(u32* p, u32 v) { return atomicOr_block(p, v); }
KDEV u32 k_atomic_or_device(u32* p, u32 v) { return atomicOr(p, v); }

KDEV u32 k_atomic_exchange_block(u32* p, u32 v) { return atomicExch_block(p, v); }
KDEV u64 k_atomic_exchange_block(u64* p, u64 v) { return atomicExch_block(k_cuda_pointer(p), v); }
KDEV u32 k_atomic_exchange_device(u32* p, u32 v) { return atomicExch(p, v); }
KDEV u64 k_atomic_exchange_device(u64* p, u64 v) { return atomicExch(k_cuda_pointer(p), v); }

/// Returns the previous value; `desired` was stored if that equals `expected`.
KDEV u32 k_atomic_cas_block(u32* p, u32 expected, u32 desired) {
  return atomicCAS_block(p, expected, desired);
}
KDEV u64 k_atomic_cas_block(u64* p, u64 expected, u64 desired) {
  return atomicCAS_block(k_cuda_pointer(p), expected, desired);
}
KDEV u32 k_atomic_cas_device(u32* p, u32 expected, u32 desired) {
  return atomicCAS(p, expected, desired);
}
KDEV u64 k_atomic_cas_device(u64* p, u64 expected, u64 desired) {
  return atomicCAS(k_cuda_pointer(p), expected, desired);
}

KDEV u32 k_atomic_load_device(const u32* p) {
  u32 value;
  asm volatile("ld.relaxed.gpu.u32 %0, [%1];" : "=r"(value) : "l"(p) : "memory");
  return value;
}
KDEV u64 k_atomic_load_device(const u64* p) {
  u64 value;
  asm volatile("ld.relaxed.gpu.u64 %0, [%1];" : "=l"(value) : "l"(p) : "memory");
  return value;
}
KDEV float k_atomic_load_device(const float* p) {
  float value;
  asm volatile("ld.relaxed.gpu.f32 %0, [%1];" : "=f"(value) : "l"(p) : "memory");
  return value;
}
KDEV void k_atomic_store_device(u32* p, u32 value) {
  asm volatile("st.relaxed.gpu.u32 [%0], %1;" : : "l"(p), "r"(value) : "memory");
}
KDEV void k_atomic_store_device(u64* p, u64 value) {
  asm volatile("st.relaxed.gpu.u64 [%0], %1;" : : "l"(p), "l"(value) : "memory");
}
KDEV void k_atomic_store_device(float* p, float value) {
  asm volatile("st.relaxed.gpu.f32 [%0], %1;" : : "l"(p), "f"(value) : "memory");
}

KDEV void k_fence() { __threadfence(); }

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
