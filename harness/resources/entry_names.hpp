// Maps compiled kernels to kernel instances. Compilers write only a symbol; the harness has the
// name and the LDS size.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "harness/core/native_entry.hpp"

namespace kernelgate {

/// Facts of a kernel instance that compilers do not report: all LDS is dynamic.
struct EntryFacts {
  std::string name;
  std::int64_t lds_bytes = 0;
  std::int64_t max_threads = 0;
};

/// A symbol without the backend namespace of its unit: "_ZN10kernelgate3hip5topicI…" and the same
/// kernel of the host, "_ZN10kernelgate6source5topicI…", become equal. Other symbols are unchanged.
std::string without_build_mode(const std::string& symbol);

/// Facts by symbol without backend namespace, for kernels whose host bodies are in this program.
std::map<std::string, EntryFacts> facts_by_symbol(std::span<const NativeEntry> entries);

}  // namespace kernelgate
