// Relaxed atomics with the scope in the name, and the device-wide fence. Part of dialect.hpp.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// The value's type follows from the pointer's, so that a literal converts.
template <class T>
struct KSameType {
  using type = T;
};
template <class T>
using KSame = typename KSameType<T>::type;

template <class T>
KDEV T k_atomic_add_block(T* p, KSame<T> v) {
  return __hip_atomic_fetch_add(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
}
template <class T>
KDEV T k_atomic_add_device(T* p, KSame<T> v) {
  return __hip_atomic_fetch_add(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}
template <class T>
KDEV T k_atomic_max_block(T* p, KSame<T> v) {
  return __hip_atomic_fetch_max(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
}
template <class T>
KDEV T k_atomic_max_device(T* p, KSame<T> v) {
  return __hip_atomic_fetch_max(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}
template <class T>
KDEV T k_atomic_min_block(T* p, KSame<T> v) {
  return __hip_atomic_fetch_min(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
}
template <class T>
KDEV T k_atomic_min_device(T* p, KSame<T> v) {
  return __hip_atomic_fetch_min(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}
KDEV u32 k_atomic_or_block(u32* p, u32 v) {
  return __hip_atomic_fetch_or(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
}
KDEV u32 k_atomic_or_device(u32* p, u32 v) {
  return __hip_atomic_fetch_or(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}
template <class T>
KDEV T k_atomic_exchange_block(T* p, KSame<T> v) {
  return __hip_atomic_exchange(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
}
template <class T>
KDEV T k_atomic_exchange_device(T* p, KSame<T> v) {
  return __hip_atomic_exchange(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

/// Returns the previous value; `desired` was stored if that equals `expected`.
template <class T>
KDEV T k_atomic_cas_block(T* p, KSame<T> expected, KSame<T> desired) {
  __hip_atomic_compare_exchange_strong(p, &expected, desired, __ATOMIC_RELAXED, __ATOMIC_RELAXED,
                                       __HIP_MEMORY_SCOPE_WORKGROUP);
  return expected;
}
template <class T>
KDEV T k_atomic_cas_device(T* p, KSame<T> expected, KSame<T> desired) {
  __hip_atomic_compare_exchange_strong(p, &expected, desired, __ATOMIC_RELAXED, __ATOMIC_RELAXED,
                                       __HIP_MEMORY_SCOPE_AGENT);
  return expected;
}

template <class T>
KDEV T k_atomic_load_device(const T* p) {
  return __hip_atomic_load(p, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}
template <class T>
KDEV void k_atomic_store_device(T* p, KSame<T> value) {
  __hip_atomic_store(p, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

KDEV void k_fence() { __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "agent"); }

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
