// The whole scalar model: prefill, chunked prefill, cached decode, left-padded batches (spec 2).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/expert_gemm/expert_gemm_reference.hpp"
#include "reference/config.hpp"
#include "reference/precision.hpp"
#include "reference/state.hpp"
#include "reference/trace.hpp"
#include "reference/weights.hpp"

namespace kernelgate::reference {

/// Token ids [rows, length]. Mask [rows, length], 1 = real; empty: all real. Pads are on the left,
/// and only before a sequence's first token; they change no state and get no logits.
struct TokenBatch {
  std::int64_t rows = 0;
  std::int64_t length = 0;
  std::vector<std::int32_t> ids;
  std::vector<std::uint8_t> mask;

  static TokenBatch single(std::span<const std::int32_t> ids);
};

/// Logits for every token, or only for the last token of each row.
enum class LogitsFor { every_token, last_token };

struct ForwardOptions {
  /// State slot of every row; empty: row r uses slot r. -1 marks a pad row, which is skipped.
  std::vector<std::int64_t> slots;
  LogitsFor logits = LogitsFor::every_token;
  Observer* observer = nullptr;
  RoutingGuide* guide = nullptr;
};

/// [rows, tokens, vocabulary]; zeros at pads.
struct Logits {
  std::int64_t rows = 0, tokens = 0, vocabulary = 0;
  std::vector<double> values;

  std::span<const double> at(std::int64_t row, std::int64_t token) const;
  /// Index of the largest logit; the lowest index on ties.
  std::int32_t argmax(std::int64_t row, std::int64_t token) const;
};

class Model {
 public:
  Model(ModelConfig config, Weights weights, Precision precision = Precision::f32(),
        SkipRule skip = SkipRule::zero);

  const ModelConfig& config() const { return config_; }
  const Weights& weights() const { return weights_; }

  State empty_state(std::int64_t slots) const;

  /// Feeds a chunk and advances the state. Throws BadInput and leaves the state unchanged for ids
  /// outside the vocabulary, masks that are not left padding, pads after a sequence began, and
  /// wrong slots.
  Logits forward(const TokenBatch& batch, State& state, const ForwardOptions& options = {}) const;

  /// Greedy continuation of one sequence by `count` tokens.
  std::vector<std::int32_t> greedy(std::span<const std::int32_t> prompt, std::int64_t count) const;

 private:
  std::vector<double> embed(std::span<const std::int32_t> ids) const;
  std::vector<double> run_blocks(std::span<const std::int32_t> ids, std::int64_t row,
                                 SequenceState& state, const ForwardOptions& options) const;
  void head(std::span<const double> normed, std::span<double> logits) const;

  ModelConfig config_;
  Weights weights_;
  Precision precision_;
  SkipRule skip_;
};

/// Parses zero, identity or drop. Throws BadInput listing them.
SkipRule parse_skip_rule(std::string_view text);

}  // namespace kernelgate::reference
