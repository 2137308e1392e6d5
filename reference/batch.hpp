// What a caller may feed, checked before any state is touched.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reference/model.hpp"

namespace kernelgate::reference {

/// The real tokens of one row. Rows without any, and pad rows, are left out.
struct BatchRow {
  std::int64_t row = 0, slot = 0;
  std::span<const std::int32_t> ids;
};

/// Throws BadInput naming row and column of the first thing that is wrong.
std::vector<BatchRow> check_batch(const TokenBatch& batch, const std::vector<std::int64_t>& slots,
                                  const State& state, const ModelConfig& config);

}  // namespace kernelgate::reference
