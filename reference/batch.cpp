#include "reference/batch.hpp"

#include <set>
#include <string>

#include "harness/core/error.hpp"

namespace kernelgate::reference {

namespace {

[[noreturn]] void refuse(const std::string& what, std::int64_t expected, std::int64_t got) {
  throw BadInput("tokens: " + what + ": expected " + std::to_string(expected) + ", got " +
                 std::to_string(got));
}

void check_sizes(const TokenBatch& batch, const std::vector<std::int64_t>& slots,
                 const State& state) {
  const auto ids = static_cast<std::int64_t>(batch.ids.size());
  const auto mask = static_cast<std::int64_t>(batch.mask.size());
  const auto slot_count = static_cast<std::int64_t>(slots.size());
  const auto held = static_cast<std::int64_t>(state.slots.size());
  if (batch.rows < 1 || batch.length < 1) throw BadInput("tokens: expected at least one");
  if (ids / batch.length != batch.rows || ids % batch.length != 0) {
    refuse("number of ids", batch.rows * batch.length, ids);
  }
  if (mask != 0 && mask != ids) refuse("entries of the mask", ids, mask);
  if (slot_count != 0 && slot_count != batch.rows) refuse("slots", batch.rows, slot_count);
  if (slots.empty() && held != batch.rows) refuse("slots of the state", batch.rows, held);
}

/// Number of pads; they must come before all real tokens.
std::int64_t left_pads(const TokenBatch& batch, std::int64_t row) {
  if (batch.mask.empty()) return 0;
  std::int64_t pads = 0;
  for (std::int64_t t = 0; t < batch.length; ++t) {
    const int bit = batch.mask[static_cast<std::size_t>(row * batch.length + t)];
    const std::string place = "row " + std::to_string(row) + ", token " + std::to_string(t);
    if (bit > 1) throw BadInput("mask: " + place + ": expected 0 or 1, got " + std::to_string(bit));
    if (bit == 1) continue;
    if (pads != t)
      throw BadInput("mask: " + place +
                     ": a pad after a real token; expected pads on "
                     "the left only");
    ++pads;
  }
  return pads;
}

void check_id(const std::string& where, std::int64_t token, std::int32_t id,
              const ModelConfig& config) {
  if (id >= 0 && id < config.vocab_size) return;
  throw BadInput(where + "token " + std::to_string(token) + ": expected an id from 0 to " +
                 std::to_string(config.vocab_size - 1) + ", got " + std::to_string(id));
}

}  // namespace

bool fits_context(const ModelConfig& config, std::int64_t tokens) {
  return config.max_positions == 0 || tokens <= config.max_positions;
}

void require_context(const ModelConfig& config, std::int64_t tokens, std::string_view where) {
  if (fits_context(config, tokens)) return;
  throw BadInput(std::string(where) + ": a sequence of " + std::to_string(tokens) +
                 " tokens; expected at most " + std::to_string(config.max_positions) +
                 ", the model's longest context (max_position_embeddings)");
}

void require_token_ids(const ModelConfig& config, std::span<const std::int32_t> ids,
                       std::string_view where) {
  if (ids.empty())
    throw BadInput(std::string(where) + ": expected at least one token id, got none");
  for (std::size_t t = 0; t < ids.size(); ++t) {
    check_id(std::string(where) + ": ", static_cast<std::int64_t>(t), ids[t], config);
  }
  require_context(config, static_cast<std::int64_t>(ids.size()), where);
}

TokenBatch TokenBatch::single(std::span<const std::int32_t> ids) {
  return {1, static_cast<std::int64_t>(ids.size()), {ids.begin(), ids.end()}, {}};
}

std::vector<BatchRow> check_batch(const TokenBatch& batch, const std::vector<std::int64_t>& slots,
                                  const State& state, const ModelConfig& config) {
  check_sizes(batch, slots, state);
  std::vector<BatchRow> rows;
  std::set<std::int64_t> used;
  for (std::int64_t row = 0; row < batch.rows; ++row) {
    const std::int64_t slot = slots.empty() ? row : slots[static_cast<std::size_t>(row)];
    if (slot == -1) continue;
    const auto held = static_cast<std::int64_t>(state.slots.size());
    if (slot < 0 || slot >= held || !used.insert(slot).second) {
      throw BadInput("tokens: row " + std::to_string(row) +
                     ": expected a slot of its own from 0 to " + std::to_string(held - 1) +
                     ", or -1, got " + std::to_string(slot));
    }
    const SequenceState& sequence = state.slots[static_cast<std::size_t>(slot)];
    if (sequence.blocks.size() != config.blocks.size()) {
      throw BadInput("state: slot " + std::to_string(slot) + " belongs to another model");
    }
    const std::int64_t pads = left_pads(batch, row);
    if (pads > 0 && sequence.length > 0) {
      throw BadInput("mask: row " + std::to_string(row) +
                     ": a pad after the sequence began; expected real tokens only");
    }
    const auto first = static_cast<std::size_t>(row * batch.length + pads);
    const auto count = static_cast<std::size_t>(batch.length - pads);
    const auto ids = std::span(batch.ids).subspan(first, count);
    const std::string where = "tokens: row " + std::to_string(row);
    for (std::size_t t = 0; t < count; ++t) {
      check_id(where + ", ", pads + static_cast<std::int64_t>(t), ids[t], config);
    }
    require_context(config, sequence.length + batch.length - pads, where);
    if (count > 0) rows.push_back({row, slot, ids});
  }
  return rows;
}

SkipRule parse_skip_rule(std::string_view text) {
  if (text == "zero") return SkipRule::zero;
  if (text == "identity") return SkipRule::identity;
  if (text == "drop") return SkipRule::drop;
  throw BadInput("skip expert: expected zero, identity or drop, got '" + std::string(text) + "'");
}

}  // namespace kernelgate::reference
