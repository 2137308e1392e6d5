#include "reference/model.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "kernels/linear/linear_reference.hpp"
#include "reference/batch.hpp"
#include "reference/moe_block.hpp"

namespace kernelgate::reference {

using Doubles = std::vector<double>;

Model::Model(ModelConfig config, Weights weights, Precision precision, SkipRule skip)
    : config_(std::move(config)),
      weights_(std::move(weights)),
      precision_(precision),
      skip_(skip) {}

State Model::empty_state(std::int64_t slots) const {
  return {std::vector<SequenceState>(static_cast<std::size_t>(slots), SequenceState(config_))};
}

std::span<const double> Logits::at(std::int64_t row, std::int64_t token) const {
  const auto width = static_cast<std::size_t>(vocabulary);
  return std::span(values).subspan(static_cast<std::size_t>(row * tokens + token) * width, width);
}

std::int32_t Logits::argmax(std::int64_t row, std::int64_t token) const {
  const auto one = at(row, token);
  return static_cast<std::int32_t>(std::max_element(one.begin(), one.end()) - one.begin());
}

Doubles Model::embed(std::span<const std::int32_t> ids) const {
  const auto h = static_cast<std::size_t>(config_.hidden_size);
  Doubles stream(ids.size() * h);
  for (std::size_t t = 0; t < ids.size(); ++t) {
    Doubles e = numbers<double>(weights_.embedding.row(ids[t], config_.hidden_size));
    for (double& x : e) x = stored_as(precision_.activation, x);
    scale_input<double>(e, std::span(stream).subspan(t * h, h), weights_.input_scale,
                        weights_.input_bias, norm_rounding(precision_));
  }
  return stream;
}

Doubles Model::run_blocks(std::span<const std::int32_t> ids, std::int64_t row, SequenceState& state,
                          const ForwardOptions& options) const {
  Observer* observer = options.observer;
  const auto h = static_cast<std::size_t>(config_.hidden_size);
  const ResidualNormRounding rounding = norm_rounding(precision_);
  const ChunkPlace place{row, state.length, static_cast<std::int64_t>(ids.size())};
  const auto scale = [&](const Doubles& hidden, Doubles& stream, const ResidualScales& w) {
    for (std::size_t t = 0; t < ids.size(); ++t) {
      scale_residual<double>(std::span(hidden).subspan(t * h, h),
                             std::span(stream).subspan(t * h, h), w, rounding);
    }
  };
  state.forget_history(config_);
  Doubles stream = embed(ids), router_states;
  if (observer != nullptr) observer->on_input(place, stream);
  for (std::size_t i = 0; i < weights_.blocks.size(); ++i) {
    const BlockContext block{config_, config_.blocks[i], weights_.blocks[i], precision_};
    BlockTrace trace;
    attention_block(block, stream, state.length, state.blocks[i], trace);
    scale(trace.attention, stream, block.weights.post_attention);
    const auto index = static_cast<std::int64_t>(i);
    const Redirect redirect = [&](std::int64_t token, Routing<double>& routing) {
      if (options.guide != nullptr) options.guide->guide(place, index, token, routing);
    };
    moe_block(block, skip_, stream, router_states, redirect, trace);
    scale(trace.moe, stream, block.weights.post_mlp);
    trace.residual = stream;
    if (observer != nullptr) observer->on_block(place, index, trace);
  }
  state.rows += place.tokens;
  state.length += place.tokens;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const auto one = std::span(stream).subspan(t * h, h);
    rms_norm<double>(one, weights_.final_norm, config_.norm_eps, one, rounding);
  }
  if (observer != nullptr) observer->on_final(place, stream);
  return stream;
}

void Model::head(std::span<const double> normed, std::span<double> logits) const {
  linear<double>(weights_.head, normed, logits);
  for (double& l : logits) l = stored_as(precision_.logits, l);
}

Logits Model::forward(const TokenBatch& batch, State& state, const ForwardOptions& options) const {
  const std::vector<BatchRow> rows = check_batch(batch, options.slots, state, config_);
  const bool last = options.logits == LogitsFor::last_token;
  Logits out{batch.rows,
             last ? std::min<std::int64_t>(1, batch.length) : batch.length,
             config_.vocab_size,
             {}};
  const auto h = static_cast<std::size_t>(config_.hidden_size);
  const auto v = static_cast<std::size_t>(config_.vocab_size);
  out.values.resize(static_cast<std::size_t>(out.rows * out.tokens) * v);
  for (const BatchRow& row : rows) {
    SequenceState& sequence = state.slots[static_cast<std::size_t>(row.slot)];
    const Doubles normed = run_blocks(row.ids, row.row, sequence, options);
    for (std::size_t t = last ? row.ids.size() - 1 : 0; t < row.ids.size(); ++t) {
      // Rows are left-padded, so real tokens end at the end of the row.
      const auto from_end = static_cast<std::int64_t>(row.ids.size() - t);
      const auto place = static_cast<std::size_t>(row.row * out.tokens + out.tokens - from_end);
      head(std::span(normed).subspan(t * h, h), std::span(out.values).subspan(place * v, v));
    }
  }
  return out;
}

std::vector<std::int32_t> Model::greedy(std::span<const std::int32_t> prompt,
                                        std::int64_t count) const {
  State state = empty_state(1);
  std::vector<std::int32_t> next(prompt.begin(), prompt.end()), all;
  for (std::int64_t n = 0; n < count; ++n) {
    const Logits logits =
        forward(TokenBatch::single(next), state, {.slots = {}, .logits = LogitsFor::last_token});
    next = {logits.argmax(0, 0)};
    all.push_back(next[0]);
  }
  return all;
}

}  // namespace kernelgate::reference
