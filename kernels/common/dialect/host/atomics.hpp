// Relaxed atomics with the scope in the name, and the device-wide fence. Part of dialect.hpp.
#pragma once

#include "harness/executors/source/kernel_api.hpp"
#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

using source_api::AtomicOp;
using source_api::AtomicScope;

// NOLINTBEGIN(bugprone-macro-parentheses): types and pieces of names
#define KERNELGATE_ATOMIC(name, op, scope, T)                                     \
  KDEV T k_atomic_##name##_##scope(T* to, T value) {                              \
    return source_api::atomic(to, AtomicOp::op, value, T{0}, AtomicScope::scope); \
  }
#define KERNELGATE_ATOMICS(scope, T)                                             \
  KERNELGATE_ATOMIC(add, add, scope, T)                                          \
  KERNELGATE_ATOMIC(max, max, scope, T)                                          \
  KERNELGATE_ATOMIC(min, min, scope, T)                                          \
  KERNELGATE_ATOMIC(exchange, exchange, scope, T)                                \
  /* The previous value; `desired` was stored if it equals `expected`. */        \
  KDEV T k_atomic_cas_##scope(T* to, T expected, T desired) {                    \
    return source_api::atomic(to, AtomicOp::compare_exchange, desired, expected, \
                              AtomicScope::scope);                               \
  }
// NOLINTEND(bugprone-macro-parentheses)
KERNELGATE_ATOMICS(block, u32)
KERNELGATE_ATOMICS(block, u64)
KERNELGATE_ATOMICS(device, u32)
KERNELGATE_ATOMICS(device, u64)
KERNELGATE_ATOMIC(or, bit_or, block, u32)
KERNELGATE_ATOMIC(or, bit_or, device, u32)
#undef KERNELGATE_ATOMICS
#undef KERNELGATE_ATOMIC

KDEV float k_atomic_float(float* to, AtomicOp op, float value, AtomicScope scope) {
  return k_float(source_api::atomic(reinterpret_cast<u32*>(to), op, k_bits(value), 0U, scope));
}
KDEV float k_atomic_add_block(float* to, float value) {
  return k_atomic_float(to, AtomicOp::add_float, value, AtomicScope::block);
}
KDEV float k_atomic_add_device(float* to, float value) {
  return k_atomic_float(to, AtomicOp::add_float, value, AtomicScope::device);
}

KDEV u32 k_atomic_load_device(const u32* from) {
  return source_api::atomic(const_cast<u32*>(from), AtomicOp::load, 0U, 0U, AtomicScope::device);
}
KDEV u64 k_atomic_load_device(const u64* from) {
  return source_api::atomic(const_cast<u64*>(from), AtomicOp::load, u64{0}, u64{0},
                            AtomicScope::device);
}
KDEV float k_atomic_load_device(const float* from) {
  return k_atomic_float(const_cast<float*>(from), AtomicOp::load, 0.0F, AtomicScope::device);
}
KDEV void k_atomic_store_device(u32* to, u32 value) {
  source_api::atomic(to, AtomicOp::store, value, 0U, AtomicScope::device);
}
KDEV void k_atomic_store_device(u64* to, u64 value) {
  source_api::atomic(to, AtomicOp::store, value, u64{0}, AtomicScope::device);
}
KDEV void k_atomic_store_device(float* to, float value) {
  k_atomic_float(to, AtomicOp::store, value, AtomicScope::device);
}

/// Device scope: a thread that sees an atomic after the fence also sees everything before it.
KDEV void k_fence() { source_api::fence(); }

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
