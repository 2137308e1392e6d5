// One instantiation of a native kernel as its thin unit hands it to the harness. Kernel units are
// compiled by nvcc, by a HIP compiler and by the host's, so that nothing here needs a library.
#pragma once

#include <cstdint>

namespace kernelgate {

/// A kernel template with its parameters chosen, for one backend.
struct NativeEntry {
  const char* name;      // "linear_gemv<bf16,w32>": unique in its table, the same on every backend
  const void* function;  // cuda, hip: the kernel's host stub; source: the body
  /// source: reads each argument through its pointer and calls the body. Null elsewhere.
  void (*call)(const void* body, const void* const* arguments);
  int wave;                   // lanes of a wave, 32 or 64, that it is instantiated for
  int max_threads;            // of a block: its launch bound
  std::int64_t shared_bytes;  // size of its Shared struct; all of it is dynamic
};

/// The table that a thin unit returns: <kernel>_source_entries(), _plain_, _cuda_, _hip_.
struct NativeEntries {
  const NativeEntry* data;
  std::int64_t count;
};

}  // namespace kernelgate
