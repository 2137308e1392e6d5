#include "harness/resources/entry_names.hpp"

#include <dlfcn.h>

#include <regex>

namespace kernelgate {

std::string without_build_mode(const std::string& symbol) {
  // Later mentions of the namespace are substitutions (S0_), equal for all backends.
  static const std::regex build_mode("^(_ZN10kernelgate)(4cuda|3hip|6source|5plain)");
  return std::regex_replace(symbol, build_mode, "$1");
}

std::map<std::string, EntryFacts> facts_by_symbol(std::span<const NativeEntry> entries) {
  std::map<std::string, EntryFacts> facts;
  for (const NativeEntry& entry : entries) {
    Dl_info info{};
    // The program exports its symbols for this (harness/cli/CMakeLists.txt).
    if (entry.function == nullptr || dladdr(entry.function, &info) == 0) continue;
    if (info.dli_sname == nullptr || info.dli_saddr != entry.function) continue;
    facts[without_build_mode(info.dli_sname)] = {entry.name, entry.shared_bytes, entry.max_threads};
  }
  return facts;
}

}  // namespace kernelgate
