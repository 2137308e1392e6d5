#include "reference/attention_block.hpp"

#include "kernels/cca_attention/cca_attention_reference.hpp"
#include "kernels/linear/linear_reference.hpp"

namespace kernelgate::reference {

namespace {

using Doubles = std::vector<double>;

void append(Doubles& to, const Doubles& rows) { to.insert(to.end(), rows.begin(), rows.end()); }

/// W x for one token, rounded, appended to a matrix.
void append_linear(const Values& weight, std::int64_t width, const Doubles& x, Dtype type,
                   Doubles& to) {
  for (std::int64_t o = 0; o < width; ++o) {
    to.push_back(stored_as(type, linear_at<double>(weight, x, o)));
  }
}

ConvMixingParams mixing_params(const BlockContext& b) {
  const Precision& p = b.precision;
  return {.num_heads = b.config.num_heads,
          .num_kv_heads = b.config.num_kv_heads,
          .head_dim = b.config.head_dim,
          .rotary_dims = b.block.rotary_dims,
          .theta = b.block.theta,
          .guard = p.guard,
          .guard_epsilon = p.guard_epsilon,
          .stage = p.mixing,
          .norm = p.qk_norm,
          .angle = p.angle,
          .table = p.rotary_table,
          .output = p.activation};
}

/// The last two tokens of the history, in the layout of the kernel's state.
ConvMixingState carried(const BlockState& state, const ConvMixingParams& p) {
  ConvMixingState s(p);
  s.older.assign(state.u.end() - 2 * p.channels(), state.u.end() - p.channels());
  s.newer.assign(state.u.end() - p.channels(), state.u.end());
  s.lag.assign(state.lag.end() - p.lag_width(), state.lag.end());
  return s;
}

}  // namespace

ResidualNormRounding norm_rounding(const Precision& p) {
  return {.hidden = p.hidden,
          .residual = p.residual,
          .input = p.norm_input,
          .normalised = p.normalised,
          .output = p.activation};
}

void attention_block(const BlockContext& b, std::span<const double> stream,
                     std::int64_t first_position, BlockState& state, BlockTrace& trace) {
  const ModelConfig& c = b.config;
  const Precision& p = b.precision;
  const auto h = static_cast<std::size_t>(c.hidden_size);
  const auto tokens = static_cast<std::int64_t>(stream.size() / h);

  Doubles u, v_current, v_delayed, normed(h);
  for (std::int64_t t = 0; t < tokens; ++t) {
    const auto row = stream.subspan(static_cast<std::size_t>(t) * h, h);
    rms_norm<double>(row, b.weights.input_norm, c.norm_eps, normed, norm_rounding(p));
    append_linear(b.weights.q, c.q_size(), normed, p.activation, u);
    append_linear(b.weights.k, c.kv_size(), normed, p.activation, u);
    append_linear(b.weights.v_current, c.lag_width(), normed, p.activation, v_current);
    append_linear(b.weights.v_delayed, c.lag_width(), normed, p.activation, v_delayed);
  }
  const ConvMixingParams mixing = mixing_params(b);
  ConvMixingState conv = carried(state, mixing);
  const ConvMixingChunk chunk{u, v_current, v_delayed, tokens, first_position};
  auto mixed = conv_mixing<double>(chunk, b.weights.mixing, mixing, conv);
  for (const double x : u) state.u.push_back(stored_as(p.conv_state, x));
  for (const double x : v_delayed) state.lag.push_back(stored_as(p.conv_state, x));
  append(state.keys, mixed.k);
  append(state.values, mixed.v);

  const CcaAttentionParams attention{.num_heads = c.num_heads,
                                     .num_kv_heads = c.num_kv_heads,
                                     .head_dim = c.head_dim,
                                     .probability = p.probability,
                                     .output = p.activation};
  Doubles heads(static_cast<std::size_t>(c.q_size()));
  for (std::int64_t t = 0; t < tokens; ++t) {
    const KeyRange range = visible_keys(first_position + t, b.block.window, c.window_rule);
    cca_attention<double>(Values(mixed.q).row(t, c.q_size()), state.keys, state.values, range,
                          attention, std::span<double>(heads));
    append_linear(b.weights.o, c.hidden_size, heads, p.activation, trace.attention);
  }
  trace.q = std::move(mixed.q);
  trace.k = std::move(mixed.k);
  trace.v = std::move(mixed.v);
}

}  // namespace kernelgate::reference
