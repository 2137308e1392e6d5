// Kernels from a shared library of the user's (kernelgate_plugin.h), as variants like any other.
#pragma once

#include <string>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// Loads the library and adds its variants as plugin/<name>. It stays loaded. Throws BadInput that
/// names the file for one that cannot be loaded, has another ABI, names an unknown kernel, or has a
/// variant without a name or without run().
void load_plugin(Registry& registry, const std::string& file);

}  // namespace kernelgate
