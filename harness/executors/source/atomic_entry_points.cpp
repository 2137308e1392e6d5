// Atomics of the language itself (__atomic_*, std::atomic) in a checked unit. The dialect's own
// atomics have the scope in their name; these count as device scope, with a fence where the memory
// order requires one.
#include <cstdint>

#include "harness/executors/source/observer.hpp"
#include "harness/executors/source/places.hpp"
#include "harness/executors/source/runtime.hpp"

namespace kernelgate {

namespace {

using source_api::AtomicOp;

enum Order : int { relaxed = 0 };

template <class T>
[[gnu::always_inline]] inline T run_atomic(const volatile T* to, AtomicOp op, T operand, T expected,
                                           int order, const void* code) {
  T* address = const_cast<T*>(to);
  if constexpr (sizeof(T) < 4) {
    // Only atomics of four and eight bytes are supported, as on the devices.
    if (observer.actor && !observer.canary) {
      running()->misaligned(reinterpret_cast<std::uintptr_t>(to), sizeof(T), place_of(code));
    }
    return *address;
  } else {
    if (!running()) {
      T seen = expected;
      switch (op) {
        case AtomicOp::load:
          return __atomic_load_n(address, __ATOMIC_SEQ_CST);
        case AtomicOp::store:
          __atomic_store_n(address, operand, __ATOMIC_SEQ_CST);
          return operand;
        case AtomicOp::exchange:
          return __atomic_exchange_n(address, operand, __ATOMIC_SEQ_CST);
        case AtomicOp::bit_or:
          return __atomic_fetch_or(address, operand, __ATOMIC_SEQ_CST);
        case AtomicOp::bit_and:
          return __atomic_fetch_and(address, operand, __ATOMIC_SEQ_CST);
        case AtomicOp::bit_xor:
          return __atomic_fetch_xor(address, operand, __ATOMIC_SEQ_CST);
        case AtomicOp::compare_exchange:
          __atomic_compare_exchange_n(address, &seen, operand, false, __ATOMIC_SEQ_CST,
                                      __ATOMIC_SEQ_CST);
          return seen;
        default:
          return __atomic_fetch_add(address, operand, __ATOMIC_SEQ_CST);
      }
    }
    if (order != relaxed) running()->fence();
    const T before =
        running()->atomic(address, op, operand, expected, Scope::device, place_of(code));
    if (order != relaxed) running()->fence();
    return before;
  }
}

}  // namespace

#define KERNELGATE_HERE __builtin_return_address(0)

#define KERNELGATE_FETCH(bits, name, op, operand)                                        \
  std::uint##bits##_t name##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t v, \
                                 int order) asm("__tsan_atomic" #bits "_" #name);        \
  std::uint##bits##_t name##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t v, \
                                 int order) {                                            \
    return run_atomic<std::uint##bits##_t>(p, op, operand, 0, order, KERNELGATE_HERE);   \
  }

#define KERNELGATE_ATOMICS(bits)                                                             \
  std::uint##bits##_t load##bits(const volatile std::uint##bits##_t* p,                      \
                                 int order) asm("__tsan_atomic" #bits "_load");              \
  std::uint##bits##_t load##bits(const volatile std::uint##bits##_t* p, int order) {         \
    return run_atomic<std::uint##bits##_t>(p, AtomicOp::load, 0, 0, order, KERNELGATE_HERE); \
  }                                                                                          \
  void store##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t v,                   \
                   int order) asm("__tsan_atomic" #bits "_store");                           \
  void store##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t v, int order) {      \
    run_atomic<std::uint##bits##_t>(p, AtomicOp::store, v, 0, order, KERNELGATE_HERE);       \
  }                                                                                          \
  KERNELGATE_FETCH(bits, exchange, AtomicOp::exchange, v)                                    \
  KERNELGATE_FETCH(bits, fetch_add, AtomicOp::add, v)                                        \
  KERNELGATE_FETCH(bits, fetch_sub, AtomicOp::add, static_cast<std::uint##bits##_t>(0 - v))  \
  KERNELGATE_FETCH(bits, fetch_and, AtomicOp::bit_and, v)                                    \
  KERNELGATE_FETCH(bits, fetch_or, AtomicOp::bit_or, v)                                      \
  KERNELGATE_FETCH(bits, fetch_xor, AtomicOp::bit_xor, v)                                    \
  bool strong##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t* expected,          \
                    std::uint##bits##_t v, int order,                                        \
                    int) asm("__tsan_atomic" #bits "_compare_exchange_strong");              \
  bool strong##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t* expected,          \
                    std::uint##bits##_t v, int order, int) {                                 \
    const auto before = run_atomic<std::uint##bits##_t>(p, AtomicOp::compare_exchange, v,    \
                                                        *expected, order, KERNELGATE_HERE);  \
    const bool met = before == *expected;                                                    \
    *expected = before;                                                                      \
    return met;                                                                              \
  }                                                                                          \
  bool weak##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t* expected,            \
                  std::uint##bits##_t v, int order,                                          \
                  int) asm("__tsan_atomic" #bits "_compare_exchange_weak");                  \
  bool weak##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t* expected,            \
                  std::uint##bits##_t v, int order, int) {                                   \
    const auto before = run_atomic<std::uint##bits##_t>(p, AtomicOp::compare_exchange, v,    \
                                                        *expected, order, KERNELGATE_HERE);  \
    const bool met = before == *expected;                                                    \
    *expected = before;                                                                      \
    return met;                                                                              \
  }                                                                                          \
  std::uint##bits##_t value##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t old,  \
                                  std::uint##bits##_t v, int order,                          \
                                  int) asm("__tsan_atomic" #bits "_compare_exchange_val");   \
  std::uint##bits##_t value##bits(volatile std::uint##bits##_t* p, std::uint##bits##_t old,  \
                                  std::uint##bits##_t v, int order, int) {                   \
    return run_atomic<std::uint##bits##_t>(p, AtomicOp::compare_exchange, v, old, order,     \
                                           KERNELGATE_HERE);                                 \
  }

KERNELGATE_ATOMICS(8)
KERNELGATE_ATOMICS(16)
KERNELGATE_ATOMICS(32)
KERNELGATE_ATOMICS(64)

void thread_fence(int order) asm("__tsan_atomic_thread_fence");
void thread_fence(int) {
  if (running()) running()->fence();
}
void signal_fence(int order) asm("__tsan_atomic_signal_fence");
void signal_fence(int) {}

}  // namespace kernelgate
