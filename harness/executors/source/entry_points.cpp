// Entry points that a unit compiled with -fsanitize=thread calls at each access. They replace the
// sanitizer's runtime, which is not linked. Outside a kernel each returns immediately. Asm labels
// give them the names that the compiler expects.
#include <cstring>

#include "harness/executors/source/observer.hpp"
#include "harness/executors/source/places.hpp"
#include "harness/executors/source/runtime.hpp"

namespace kernelgate {

namespace {

// The slow path: private memory, constants, host memory and the instrumentation self-test.
[[gnu::noinline]] void foreign(std::uintptr_t address, std::uint64_t bytes, bool writes,
                               Place place) {
  if (observer.canary) {
    ++*observer.canary;
    return;
  }
  running()->foreign(address, bytes, writes, place);
}

[[gnu::noinline]] void misaligned(std::uintptr_t address, std::uint64_t bytes, Place place) {
  if (!observer.canary) running()->misaligned(address, bytes, place);
}

[[gnu::noinline]] void forbidden() { running()->abandon(); }
[[gnu::noinline]] void event(const void* code) { running()->event(place_of(code)); }
[[gnu::noinline]] void await_value() { running()->await_value(); }

// Returns whether the access must be checked, and its offset. All other accesses are handled here.
template <bool writes>
[[gnu::always_inline]] inline bool inside(std::uintptr_t address, std::uint64_t bytes,
                                          std::uint64_t alignment, const void* code,
                                          std::uint64_t& offset) {
  Observer& o = observer;
  if (!o.actor) return false;
  if (address & (alignment - 1)) [[unlikely]] {
    misaligned(address, bytes, place_of(code));
  }
  if (--o.countdown <= 0) [[unlikely]]
    event(code);
  offset = address - o.base;
  if (offset >= o.capacity || bytes > o.capacity - offset) [[unlikely]] {
    foreign(address, bytes, writes, place_of(code));
    return false;
  }
  return true;
}

template <bool writes>
[[gnu::always_inline]] inline void conclude(bool good) {
  if (!good) [[unlikely]]
    forbidden();
  if (writes && observer.checker->unsettled()) [[unlikely]]
    await_value();
}

template <bool writes>
[[gnu::always_inline]] inline void observe_range(const void* pointer, std::uint64_t bytes,
                                                 const void* code) {
  std::uint64_t offset = 0;
  if (!inside<writes>(reinterpret_cast<std::uintptr_t>(pointer), bytes, 1, code, offset)) return;
  Observer& o = observer;
  const Place place = place_of(code);
  conclude<writes>(writes ? o.checker->write(*o.actor, offset, bytes, place)
                          : o.checker->read(*o.actor, offset, bytes, place));
}

// Accesses of whole aligned dwords take the fast path, one dword at a time.
template <bool writes, std::uint32_t bytes, std::uint32_t alignment>
[[gnu::always_inline]] inline void observe(const void* pointer, const void* code) {
  std::uint64_t offset = 0;
  if (!inside<writes>(reinterpret_cast<std::uintptr_t>(pointer), bytes, alignment, code, offset)) {
    return;
  }
  Observer& o = observer;
  const Place place = place_of(code);
  if constexpr (alignment < 4) {
    conclude<writes>(writes ? o.checker->write(*o.actor, offset, bytes, place)
                            : o.checker->read(*o.actor, offset, bytes, place));
  } else {
    bool good = true;
    for (std::uint32_t done = 0; good && done < bytes; done += 4) {
      good = o.checker->dword<writes>(*o.actor, offset + done, place);
    }
    conclude<writes>(good);
  }
}

}  // namespace

#define KERNELGATE_HERE __builtin_return_address(0)

#define KERNELGATE_OBSERVED(bytes, alignment)                                    \
  void observed_read##bytes(const void* p) asm("__tsan_read" #bytes);            \
  void observed_read##bytes(const void* p) {                                     \
    observe<false, bytes, alignment>(p, KERNELGATE_HERE);                        \
  }                                                                              \
  void observed_write##bytes(const void* p) asm("__tsan_write" #bytes);          \
  void observed_write##bytes(const void* p) {                                    \
    observe<true, bytes, alignment>(p, KERNELGATE_HERE);                         \
  }                                                                              \
  void observed_both##bytes(const void* p) asm("__tsan_read_write" #bytes);      \
  void observed_both##bytes(const void* p) {                                     \
    observe<false, bytes, alignment>(p, KERNELGATE_HERE);                        \
    observe<true, bytes, alignment>(p, KERNELGATE_HERE);                         \
  }                                                                              \
  void volatile_read##bytes(const void* p) asm("__tsan_volatile_read" #bytes);   \
  void volatile_read##bytes(const void* p) {                                     \
    observe<false, bytes, alignment>(p, KERNELGATE_HERE);                        \
  }                                                                              \
  void volatile_write##bytes(const void* p) asm("__tsan_volatile_write" #bytes); \
  void volatile_write##bytes(const void* p) { observe<true, bytes, alignment>(p, KERNELGATE_HERE); }

// A struct of two 8-byte members is copied by the 16-byte calls, so these only require an alignment
// of 8. The dialect's vector accesses check for 16 themselves.
KERNELGATE_OBSERVED(1, 1)
KERNELGATE_OBSERVED(2, 2)
KERNELGATE_OBSERVED(4, 4)
KERNELGATE_OBSERVED(8, 8)
KERNELGATE_OBSERVED(16, 8)

#define KERNELGATE_UNALIGNED(bytes)                                                              \
  void unaligned_read##bytes(const void* p) asm("__tsan_unaligned_read" #bytes);                 \
  void unaligned_read##bytes(const void* p) { observe_range<false>(p, bytes, KERNELGATE_HERE); } \
  void unaligned_write##bytes(const void* p) asm("__tsan_unaligned_write" #bytes);               \
  void unaligned_write##bytes(const void* p) { observe_range<true>(p, bytes, KERNELGATE_HERE); } \
  void unaligned_both##bytes(const void* p) asm("__tsan_unaligned_read_write" #bytes);           \
  void unaligned_both##bytes(const void* p) {                                                    \
    observe_range<false>(p, bytes, KERNELGATE_HERE);                                             \
    observe_range<true>(p, bytes, KERNELGATE_HERE);                                              \
  }

KERNELGATE_UNALIGNED(2)
KERNELGATE_UNALIGNED(4)
KERNELGATE_UNALIGNED(8)
KERNELGATE_UNALIGNED(16)

void observed_read_range(const void* p, std::size_t bytes) asm("__tsan_read_range");
void observed_read_range(const void* p, std::size_t bytes) {
  observe_range<false>(p, bytes, KERNELGATE_HERE);
}
void observed_write_range(const void* p, std::size_t bytes) asm("__tsan_write_range");
void observed_write_range(const void* p, std::size_t bytes) {
  observe_range<true>(p, bytes, KERNELGATE_HERE);
}

// Kernels have no virtual functions; a vtable pointer is read like any other.
void observed_table_read(const void* p) asm("__tsan_vptr_read");
void observed_table_read(const void* p) { observe<false, 8, 8>(p, KERNELGATE_HERE); }
void observed_table_update(const void* p, const void* to) asm("__tsan_vptr_update");
void observed_table_update(const void* p, const void*) { observe<true, 8, 8>(p, KERNELGATE_HERE); }

void unit_starts() asm("__tsan_init");
void unit_starts() {}
void function_starts(void* caller) asm("__tsan_func_entry");
void function_starts(void*) {}
void function_ends() asm("__tsan_func_exit");
void function_ends() {}

// Replacements for memcpy, memmove and memset, called by the compiler and the prelude. The real
// functions move the bytes.
namespace {

[[gnu::always_inline]] inline void* copy(void* to, const void* from, std::size_t bytes,
                                         const void* code) {
  if (bytes == 0) return to;
  observe_range<false>(from, bytes, code);
  observe_range<true>(to, bytes, code);
  return std::memmove(to, from, bytes);
}

[[gnu::always_inline]] inline void* fill(void* to, int value, std::size_t bytes, const void* code) {
  if (bytes == 0) return to;
  observe_range<true>(to, bytes, code);
  return std::memset(to, value, bytes);
}

}  // namespace

void* tsan_copy(void* to, const void* from, std::size_t bytes) asm("__tsan_memcpy");
void* tsan_copy(void* to, const void* from, std::size_t bytes) {
  return copy(to, from, bytes, KERNELGATE_HERE);
}
void* tsan_move(void* to, const void* from, std::size_t bytes) asm("__tsan_memmove");
void* tsan_move(void* to, const void* from, std::size_t bytes) {
  return copy(to, from, bytes, KERNELGATE_HERE);
}
void* tsan_fill(void* to, int value, std::size_t bytes) asm("__tsan_memset");
void* tsan_fill(void* to, int value, std::size_t bytes) {
  return fill(to, value, bytes, KERNELGATE_HERE);
}
void* prelude_copy(void* to, const void* from, std::size_t bytes) asm("kernelgate_observed_memcpy");
void* prelude_copy(void* to, const void* from, std::size_t bytes) {
  return copy(to, from, bytes, KERNELGATE_HERE);
}
void* prelude_move(void* to, const void* from,
                   std::size_t bytes) asm("kernelgate_observed_memmove");
void* prelude_move(void* to, const void* from, std::size_t bytes) {
  return copy(to, from, bytes, KERNELGATE_HERE);
}
void* prelude_fill(void* to, int value, std::size_t bytes) asm("kernelgate_observed_memset");
void* prelude_fill(void* to, int value, std::size_t bytes) {
  return fill(to, value, bytes, KERNELGATE_HERE);
}

}  // namespace kernelgate
