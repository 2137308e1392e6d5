// Checks a caller's token batch before any state is changed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "reference/model.hpp"

namespace kernelgate::reference {

/// The real tokens of one row. Rows without real tokens, and pad rows, are omitted.
struct BatchRow {
  std::int64_t row = 0, slot = 0;
  std::span<const std::int32_t> ids;
};

/// Throws BadInput unless a sequence of `tokens` tokens fits the model's longest context
/// (max_position_embeddings). A model without that key accepts every length. The message begins
/// with `where`.
void require_context(const ModelConfig& config, std::int64_t tokens, std::string_view where);
bool fits_context(const ModelConfig& config, std::int64_t tokens);

/// Throws BadInput for an empty list, an id outside the vocabulary, or more ids than the model's
/// longest context.
void require_token_ids(const ModelConfig& config, std::span<const std::int32_t> ids,
                       std::string_view where);

/// Throws BadInput naming row and column of the first error.
std::vector<BatchRow> check_batch(const TokenBatch& batch, const std::vector<std::int64_t>& slots,
                                  const State& state, const ModelConfig& config);

}  // namespace kernelgate::reference
