// What must hold of a selection whatever its order: proves it for every row in one pass, without
// sorting and without the scalar truth.
#pragma once

#include "harness/core/truth.hpp"
#include "kernels/top_k/top_k.hpp"

namespace kernelgate {

/// Every row of `index`: min(k, length) different positions inside the valid length, then -1; each
/// `value` holds the bits of its logit, or -inf; and no entry left out is better than one taken.
/// order=sorted: falling values, equal bits by rising position, and among equal bits at the edge
/// the lowest positions are taken.
Property selection_property(const TopKCase& c);

}  // namespace kernelgate
