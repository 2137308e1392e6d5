// Describes the kernel instances that a thin unit passes to the harness. Kernel units are compiled
// by nvcc, a HIP compiler and the host's compiler, so this header needs no library.
#pragma once

#include <cstdint>

namespace kernelgate {

/// A kernel template with its parameters chosen, for one backend.
struct NativeEntry {
  const char* name;      // "linear_gemv<bf16,w32>": unique in its table, the same on every backend
  const void* function;  // cuda, hip: the kernel's host stub; source: the body
  /// source: reads each argument through its pointer and calls the body. Null elsewhere.
  void (*call)(const void* body, const void* const* arguments);
  int wave;                   // lanes per wave of this instance, 32 or 64
  int max_threads;            // per block: its launch bound
  std::int64_t shared_bytes;  // size of its Shared struct; all of it is dynamic
};

/// The two builds of a kernel unit for the source executor.
enum class SourceBuildMode {
  checked,  // every access checked
  plain,    // optimised, no checks: for large inputs
};

/// The table that a thin unit returns: <kernel>_source_entries(), _plain_, _cuda_, _hip_.
struct NativeEntries {
  const NativeEntry* data;
  std::int64_t count;
};

}  // namespace kernelgate
