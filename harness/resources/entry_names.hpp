// Which entry a compiled kernel is: compilers write a symbol, the harness a name and the LDS.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "harness/native/entry.hpp"

namespace kernelgate {

/// What the entry says that no compiler does: all LDS is dynamic.
struct EntryFacts {
  std::string name;
  std::int64_t lds_bytes = 0;
  std::int64_t max_threads = 0;
};

/// A symbol without the flavour of its unit: "_ZN10kernelgate3hip5topicI…" and the same kernel of
/// the host, "_ZN10kernelgate6source5topicI…", have one. Other symbols stay.
std::string without_flavour(const std::string& symbol);

/// Facts by symbol without flavour, of kernels whose host bodies lie in this program.
std::map<std::string, EntryFacts> facts_by_symbol(std::span<const NativeEntry> entries);

}  // namespace kernelgate
