// Names of the original half-layer checkpoints, translated to native ones (spec 9.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kernelgate::reference {

/// Whether a name can only come from a half-layer checkpoint.
bool is_legacy_name(std::string_view name);

/// The native name, of a model of `blocks` blocks; a name that needs no change, or that no rule
/// knows, comes back as it is.
std::string native_name(std::string_view legacy, std::int64_t blocks);

}  // namespace kernelgate::reference
