// Kernels from a shared library of the user's (kernelgate_plugin.h), as variants like any other.
// The library runs only in a process that judges or times it; another process describes it.
#pragma once

#include <string>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// The description of one variant by its library.
struct PluginVariant {
  std::string kernel, name, note;
  bool operator==(const PluginVariant&) const = default;
};

/// Loads the library into this process and returns its variants: for a child process, since the
/// library's code may crash, hang or start threads. Throws BadInput that names the file for one
/// that cannot be loaded, has another ABI, or has a variant without run() or without a printable
/// name.
std::vector<PluginVariant> describe_plugin(const std::string& file);

/// Adds the variants as plugin/<name>. The library is loaded by the first use of one of them and
/// stays loaded. The process state (own_state.hpp) is the same before and after each call. Throws
/// BadInput for an unknown kernel and for a second variant of a name.
void add_plugin(Registry& registry, const std::string& file,
                const std::vector<PluginVariant>& offers);

}  // namespace kernelgate
