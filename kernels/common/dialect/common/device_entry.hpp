// K_ENTRY: a kernel instance as the harness sees it, for compilers that make a host stub of a
// kernel. Part of the CUDA and HIP dialects. They define K_ENTRY_32 and K_ENTRY_64 first:
// K_ENTRY_COMPILED for the widths that the pass compiles, K_ENTRY_LISTED for the others.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/core/native_entry.hpp"
#include "kernels/common/dialect/common/entries.hpp"

/// A NativeEntry: K_ENTRY("name<bf16,w32>", (kernel<Bf16, 32>), 32, 256, Shared). The width is the
/// literal 32 or 64. On a target without such waves the instance is listed without a function and
/// not compiled; it is rejected before the launch by the wave width of the profile. A Shared
/// without members means no shared memory.
#define K_ENTRY(name, kernel, WAVE, MAX_THREADS, Shared) \
  K_ENTRY_OF_WAVE(WAVE)(name, kernel, WAVE, MAX_THREADS, Shared)

#define K_ENTRY_OF_WAVE(WAVE) K_ENTRY_JOIN(WAVE)
#define K_ENTRY_JOIN(WAVE) K_ENTRY_##WAVE
#define K_ENTRY_COMPILED(name, kernel, WAVE, MAX_THREADS, Shared)             \
  ::kernelgate::NativeEntry {                                                 \
    name, reinterpret_cast<const void*>(&kernel), nullptr, WAVE, MAX_THREADS, \
        __is_empty(Shared) ? 0 : static_cast<std::int64_t>(sizeof(Shared))    \
  }
#define K_ENTRY_LISTED(name, kernel, WAVE, MAX_THREADS, Shared)            \
  ::kernelgate::NativeEntry {                                              \
    name, nullptr, nullptr, WAVE, MAX_THREADS,                             \
        __is_empty(Shared) ? 0 : static_cast<std::int64_t>(sizeof(Shared)) \
  }
