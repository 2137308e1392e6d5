// Properties of a correct selection in any order: proves them for every row in one pass, without
// sorting the row and without the scalar reference.
#pragma once

#include "harness/core/reference_values.hpp"
#include "kernels/top_k/top_k.hpp"

namespace kernelgate {

/// Every row of `index` contains min(k, length) different positions below the valid length, then
/// -1; each `value` has the bits of its logit, or is -inf; and every entry left out is no better
/// than any taken. With order=sorted, values fall, equal bits have rising positions, and among
/// equal bits at the edge the lowest positions are taken.
Property selection_property(const TopKCase& c);

}  // namespace kernelgate
