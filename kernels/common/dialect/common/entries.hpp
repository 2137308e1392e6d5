// K_ENTRIES: a table of kernel instances, the same on every target. Part of dialect.hpp, which
// defines K_ENTRY.
#pragma once

#include "harness/core/instance_name.hpp"
#include "harness/core/native_entry.hpp"

/// Defines <table>_entries(), the instances K_ENTRY(...), K_ENTRY(...), ... of a native kernel.
/// The table <kernel> is the one of the units that the build writes (cmake/NativeUnits.cmake).
/// Another one may list the few instances that seeded bugs need (cmake/Mutants.cmake).
#define K_ENTRIES(table, ...)                                         \
  namespace kernelgate {                                              \
  inline namespace KG_BUILD_MODE {                                    \
  inline NativeEntries table##_entries() {                            \
    static const ::kernelgate::NativeEntry entries[] = {__VA_ARGS__}; \
    return {entries, sizeof(entries) / sizeof(entries[0])};           \
  }                                                                   \
  }                                                                   \
  }

/// The name for K_ENTRY from a function that the launch calls, too, such as
/// K_NAME(linear_sum_name("bf16", 32)).
#define K_NAME(name)                                             \
  ([]() -> const char* {                                         \
    static constexpr ::kernelgate::InstanceName constant = name; \
    return constant.text;                                        \
  }())

/// ENTRY(T, "name of T", wave width) for each storage type and both widths, separated by commas.
#define K_EACH_TYPE_AND_WAVE(ENTRY)                                          \
  ENTRY(float, "f32", 32), ENTRY(float, "f32", 64), ENTRY(Bf16, "bf16", 32), \
      ENTRY(Bf16, "bf16", 64), ENTRY(F16, "f16", 32), ENTRY(F16, "f16", 64)

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// The Shared of a kernel without shared memory.
struct KNoShared {};

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
