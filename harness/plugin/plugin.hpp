// Kernels from a user's shared library (kernelgate_plugin.h), registered as variants like any
// other. The library runs only in a process that checks or times it; another process describes it.
#pragma once

#include <string>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// One variant as its library describes it.
struct PluginVariant {
  std::string kernel, name, note;
  bool operator==(const PluginVariant&) const = default;
};

/// Loads the library into this process and returns its variants. Call it in a child process: the
/// library's code may crash, hang or start threads. Throws BadInput naming the file if it cannot be
/// loaded, has another ABI, or has a variant without run() or without a printable name.
std::vector<PluginVariant> describe_plugin(const std::string& file);

/// Adds the variants as plugin/<name>. The first call of any of them loads the library, which stays
/// loaded. The process state (own_state.hpp) is the same before and after each call. Throws
/// BadInput for an unknown kernel and for a second variant of the same name.
void add_plugin(Registry& registry, const std::string& file,
                const std::vector<PluginVariant>& offers);

}  // namespace kernelgate
