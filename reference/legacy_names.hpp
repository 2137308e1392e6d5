// Translates the tensor names of original half-layer checkpoints to native ones (spec 9.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kernelgate::reference {

/// Whether a name occurs only in half-layer checkpoints.
bool is_legacy_name(std::string_view name);

/// The native name in a model of `blocks` blocks. A name that is already native or matches no rule
/// is returned unchanged.
std::string native_name(std::string_view legacy, std::int64_t blocks);

}  // namespace kernelgate::reference
