// K_ENTRY: a kernel instance as the harness sees it, and its call by the executor. Part of
// dialect.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "harness/core/native_entry.hpp"
#include "kernels/common/dialect/common/entries.hpp"
#include "kernels/common/dialect/host/canary.hpp"

namespace kernelgate {

// Calls a kernel for the executor, which has each argument only as an address. These reads belong
// to the executor and not to the kernel, so they are not observed.
namespace {

template <class... Parameters>
struct Caller {
  template <std::size_t... I>
  [[gnu::no_sanitize("thread"), gnu::noinline]] static void spread(const void* body,
                                                                   const void* const* arguments,
                                                                   std::index_sequence<I...>) {
    auto* kernel = reinterpret_cast<void (*)(Parameters...)>(const_cast<void*>(body));
    kernel(*static_cast<const std::remove_cv_t<Parameters>*>(arguments[I])...);
  }
  [[gnu::no_sanitize("thread")]] static void call(const void* body, const void* const* arguments) {
    if (!body) {  // checks whether this unit is observed
      canary(static_cast<std::uint32_t*>(const_cast<void*>(arguments[0])));
      return;
    }
    spread(body, arguments, std::index_sequence_for<Parameters...>{});
  }
};

template <class... Parameters>
[[maybe_unused]] NativeEntry entry_of(const char* name, void (*kernel)(Parameters...), int wave,
                                      int max_threads, std::int64_t shared_bytes) {
  return NativeEntry{name,
                     reinterpret_cast<const void*>(kernel),
                     &Caller<Parameters...>::call,
                     wave,
                     max_threads,
                     shared_bytes};
}

}  // namespace
}  // namespace kernelgate

/// A NativeEntry: K_ENTRY("name<bf16,w32>", (kernel<Bf16, 32>), 32, 256, Shared). A Shared without
/// members means no shared memory.
#define K_ENTRY(name, kernel, WAVE, MAX_THREADS, Shared)  \
  ::kernelgate::entry_of(name, kernel, WAVE, MAX_THREADS, \
                         std::is_empty_v<Shared> ? 0 : static_cast<std::int64_t>(sizeof(Shared)))

/// Defines <kernel>_source_entries() in the checked build mode of a unit and
/// <kernel>_plain_entries() in the plain one, from the <kernel>_entries() that all targets share.
#define K_HOST_ENTRIES(kernel) K_HOST_ENTRIES_OF(kernel, KG_BUILD_MODE)
#define K_HOST_ENTRIES_OF(kernel, build_mode) K_HOST_ENTRIES_NAMED(kernel, build_mode)
#define K_HOST_ENTRIES_NAMED(kernel, build_mode)                                 \
  namespace kernelgate {                                                         \
  NativeEntries kernel##_##build_mode##_entries() { return kernel##_entries(); } \
  }
