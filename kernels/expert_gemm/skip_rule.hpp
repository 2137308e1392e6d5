// Rules for the result of a token that chose the skip expert (spec 4.2); three are in use.
#pragma once

namespace kernelgate {

/// zero gives 0 (the default), identity gives weight * input; under drop the router chooses among
/// the real experts only, so no token skips.
enum class SkipRule { zero, identity, drop };

}  // namespace kernelgate
