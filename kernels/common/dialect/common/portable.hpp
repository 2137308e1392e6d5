// Includes all target-independent parts in order. A target's dialect.hpp includes types.hpp,
// defines its own functions (k_tid, k_sync, k_shfl_xor, k_fma, ...; see docs/dialect.md), then
// includes this.
#pragma once

#include "kernels/common/dialect/common/types.hpp"
// types first: the others use its names
#include "kernels/common/dialect/common/limits.hpp"
#include "kernels/common/dialect/common/math.hpp"
#include "kernels/common/dialect/common/numbers.hpp"
#include "kernels/common/dialect/common/random.hpp"
#include "kernels/common/dialect/common/reduce.hpp"
#include "kernels/common/dialect/common/vec.hpp"
