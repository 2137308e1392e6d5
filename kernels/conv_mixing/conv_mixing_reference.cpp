// Inputs and reference values of conv_mixing: binds the scalar reference to a case's tensors.
#include "kernels/conv_mixing/conv_mixing_reference.hpp"

#include <cmath>
#include <span>

#include "harness/core/sample.hpp"
#include "kernels/conv_mixing/conv_mixing.hpp"

namespace kernelgate {
namespace {

Values values_of(const Tensor& tensor) {
  return {tensor.spec().type, tensor.data(), tensor.count()};
}

reference::ConvMixingParams params_of(const ConvMixingCase& c) {
  reference::ConvMixingParams p;
  p.num_heads = c.heads;
  p.num_kv_heads = c.kv_heads;
  p.head_dim = c.head_dim;
  p.rotary_dims = c.rotary;
  p.theta = static_cast<double>(c.theta);
  return p;
}

// Ranges of exact inputs. Gamma, D <= sqrt(S / (2d + 2)) keeps every partial sum of y below S.
// Means have 1 + log2(heads / kv) fractional bits, so S leaves that many bits below 2^24.
struct IntegerRanges {
  std::int64_t grouped = 1, depthwise = 1, projection = 1, q_unit = 1;
};

IntegerRanges integer_ranges(const ConvMixingCase& c) {
  std::int64_t odd_share = c.heads / c.kv_heads;
  std::int64_t fraction = 2;
  for (; odd_share % 2 == 0; odd_share /= 2) fraction *= 2;
  const double terms = static_cast<double>(2 * c.head_dim + 2);
  const double sums = 0x1p24 / (static_cast<double>(fraction) * terms);
  const double outputs = c.type == Dtype::f16 ? 65504.0 / (2 * std::sqrt(terms)) : sums;
  const double each = std::min(std::sqrt(std::min(sums, outputs)), 2 / grid(c.type).epsilon);
  IntegerRanges r;
  r.grouped = std::max<std::int64_t>(1, static_cast<std::int64_t>(each));
  r.depthwise = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::sqrt(each / 4)));
  // D = w0 u + w1 u' + b with |b| <= |w|
  r.projection = std::max<std::int64_t>(1, (r.grouped - r.depthwise) / (2 * r.depthwise));
  r.q_unit = odd_share;  // so that the mean of a group's q divides evenly
  return r;
}

// Rows of a sequence or batch for the reference: u of the token and of the two before it.
class Rows {
 public:
  Rows(const ConvMixingCase& c, const TensorSet& before)
      : c_(c),
        qkv_(values_of(before["qkv"])),
        slot_(before["slot"].as<std::int32_t>()),
        zeros_(static_cast<std::size_t>(c.channels()), 0.0) {
    if (c.form == ConvForm::prefill) return;
    const Values state = values_of(before["conv_state"]);
    for (std::int64_t i = 0; i < state.size() / 2; ++i) {
      older_.push_back(state[2 * i]);
      newer_.push_back(state[2 * i + 1]);
    }
  }

  /// Slot from the tensor, as a kernel reads it; -1: a padding row.
  std::int64_t slot(std::int64_t row) const {
    if (c_.form == ConvForm::prefill) return 0;
    return slot_[static_cast<std::size_t>(c_.form == ConvForm::decode ? row : 0)];
  }
  Values u(std::int64_t row) const { return qkv_.slice(row * c_.row_width(), c_.channels()); }
  /// u of the token `back` tokens before this row's.
  Values earlier(std::int64_t row, std::int64_t back) const {
    if (c_.form != ConvForm::decode && row >= back) return u(row - back);
    if (c_.form == ConvForm::prefill) return zeros_;
    const bool decode = c_.form == ConvForm::decode;
    const std::int64_t past = decode ? back : back - row;  // 1: the newer column
    return Values(past == 1 ? newer_ : older_).slice(slot(row) * c_.channels(), c_.channels());
  }

 private:
  const ConvMixingCase& c_;
  Values qkv_;
  std::span<const std::int32_t> slot_;
  std::vector<double> zeros_, older_, newer_;
};

// Q and K of the sampled rows. N = Bounded gives error bounds, N = double exact values.
template <class N>
void heads_reference(const ConvMixingCase& c, const TensorSet& before, const Sample& sample,
                     NumericReference& q, NumericReference& k) {
  const reference::ConvMixingParams p = params_of(c);
  const std::vector<double> grouped = numbers<double>(values_of(before["grouped"]));
  const reference::ConvMixingWeights w{
      values_of(before["depthwise"]), values_of(before["depthwise_bias"]), grouped,
      values_of(before["grouped_bias"]), values_of(before["temperature"])};
  const Rows rows(c, before);
  for (const std::int64_t row : sample.positions) {
    std::vector<N> heads(static_cast<std::size_t>(c.channels()), N(0));
    if (rows.slot(row) >= 0) {
      const std::int64_t position = before["position"].as<std::int32_t>()[row];
      heads =
          reference::conv_stage<N>(rows.earlier(row, 2), rows.earlier(row, 1), rows.u(row), w, p);
      if (c.stage == ConvStage::mixed) {
        reference::finish_heads<N>(std::span<N>(heads), position, w, p);
      }
    }
    for (std::int64_t i = 0; i < c.channels(); ++i) {
      const bool in_q = i < c.heads * c.head_dim;
      NumericReference& out = in_q ? q : k;
      const std::int64_t width = (in_q ? c.heads : c.kv_heads) * c.head_dim;
      const std::int64_t column = in_q ? i : i - c.heads * c.head_dim;
      if (!sample.complete) out.at.push_back(row * width + column);
      if constexpr (std::is_same_v<N, double>) {
        out.add_exact(heads[static_cast<std::size_t>(i)]);
      } else {
        out.add(heads[static_cast<std::size_t>(i)], c.type);
      }
    }
  }
}

// V and both states are copies, compared bit for bit in either mode.
void copies_reference(const ConvMixingCase& c, const TensorSet& before,
                      ReferenceValues& reference_values) {
  NumericReference v{.tensor = "v", .at = {}, .value = {}, .error_bound = {}};
  NumericReference conv{.tensor = "conv_state", .at = {}, .value = {}, .error_bound = {}};
  NumericReference lag{.tensor = "lag_state", .at = {}, .value = {}, .error_bound = {}};
  const Rows rows(c, before);
  const Values qkv = values_of(before["qkv"]);
  const std::int64_t width = c.lag_width();
  if (c.form == ConvForm::prefill) {
    conv.value.resize(static_cast<std::size_t>(2 * c.channels()));
    lag.value.resize(static_cast<std::size_t>(width));
  } else {
    conv.value = numbers<double>(values_of(before["conv_state"]));
    lag.value = numbers<double>(values_of(before["lag_state"]));
  }
  const std::vector<double> old_lag = lag.value;  // prefill: zeros
  for (std::int64_t row = 0; row < c.tokens; ++row) {
    const std::int64_t slot = rows.slot(row);
    const bool first = c.form == ConvForm::decode || row == 0;
    const std::int64_t v_at = row * c.row_width() + c.channels();
    for (std::int64_t f = 0; f < 2 * width; ++f) {
      double value = 0;
      if (slot >= 0 && f < width) value = qkv[v_at + f];
      if (slot >= 0 && f >= width) {
        value = first ? old_lag[static_cast<std::size_t>(slot * width + f - width)]
                      : qkv[v_at - c.row_width() + f];
      }
      v.add_exact(value);
    }
    const bool last = c.form == ConvForm::decode || row == c.tokens - 1;
    if (!last || slot < 0) continue;
    for (std::int64_t i = 0; i < c.channels(); ++i) {
      const auto at = static_cast<std::size_t>(2 * (slot * c.channels() + i));
      conv.value[at] = rows.earlier(row, 1)[i];
      conv.value[at + 1] = rows.u(row)[i];
    }
    for (std::int64_t i = 0; i < width; ++i) {
      lag.value[static_cast<std::size_t>(slot * width + i)] = qkv[v_at + width + i];
    }
  }
  reference_values.numeric.push_back(std::move(v));
  reference_values.numeric.push_back(std::move(conv));
  reference_values.numeric.push_back(std::move(lag));
}

}  // namespace

void ConvMixingCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(*this), seed, mode, name);
  };
  const bool prefill = form == ConvForm::prefill;
  for (std::int64_t r = 0; r < tokens; ++r) {
    const std::int64_t at =
        form == ConvForm::decode ? position - r * 37 % (position + 1) : position + r;
    tensors["position"].set(r, static_cast<double>(at));
  }
  for (std::int64_t s = 0; s < sequences(); ++s) {
    tensors["slot"].set(s, static_cast<double>(slot_of(s)));
  }
  for (std::int64_t j = 0; j < kv_heads; ++j) {  // never 0: that would hide all of K's computation
    const double size = 0.75 + 0.5 * uniform(key("temperature"), j);
    tensors["temperature"].set(j, j % 2 == 0 ? size : -size);
  }
  if (mode == DataMode::exact) {
    const IntegerRanges range = integer_ranges(*this);
    fill_integers(tensors["grouped"], key("grouped"), range.grouped);
    fill_integers(tensors["grouped_bias"], key("grouped_bias"), range.grouped);
    fill_integers(tensors["depthwise"], key("depthwise"), range.depthwise);
    fill_integers(tensors["depthwise_bias"], key("depthwise_bias"), range.depthwise);
    fill_integers(tensors["qkv"], key("qkv"), range.projection);
    const std::uint64_t q_key = key("q");
    for (std::int64_t r = 0; r < tokens && range.q_unit > 1; ++r) {
      const std::int64_t most = std::max<std::int64_t>(1, range.projection / range.q_unit);
      for (std::int64_t i = 0; i < heads * head_dim; ++i) {
        const std::int64_t at = r * row_width() + i;
        tensors["qkv"].set(at, static_cast<double>(range.q_unit * signed_integer(q_key, at, most)));
      }
    }
    if (prefill) return;
    fill_integers(tensors["conv_state"], key("conv_state"), range.projection);
    fill_integers(tensors["lag_state"], key("lag_state"), range.projection);
    return;
  }
  const double size = inputs == ConvInputs::bell ? 1 : inputs == ConvInputs::small ? 0x1p-17 : 0;
  fill_bell(tensors["qkv"], key("qkv"), size);
  fill_bell(tensors["depthwise"], key("depthwise"), 0.7);
  fill_bell(tensors["depthwise_bias"], key("depthwise_bias"), 0.3 * size);
  fill_bell(tensors["grouped"], key("grouped"), 1 / std::sqrt(2.0 * static_cast<double>(head_dim)));
  fill_bell(tensors["grouped_bias"], key("grouped_bias"), 0.3 * size);
  if (prefill) return;
  fill_bell(tensors["conv_state"], key("conv_state"), size);
  fill_bell(tensors["lag_state"], key("lag_state"), 1);
  // A state contains previously computed projections: numbers of the storage type, except in f32.
  for (const std::string_view name : {"conv_state", "lag_state"}) {
    Tensor& state = tensors[name];
    for (std::int64_t i = 0; i < state.count(); ++i) state.set(i, round_to(type, state.get(i)));
  }
}

ReferenceValues ConvMixingCase::reference_values(const TensorSet& before, DataMode mode,
                                                 std::uint64_t seed) const {
  ReferenceValues reference_values;
  NumericReference q{.tensor = "q", .at = {}, .value = {}, .error_bound = {}};
  NumericReference k{.tensor = "k", .at = {}, .value = {}, .error_bound = {}};
  // A multiply-add of the reference costs about ten flops of a plain sum.
  const Sample sample = sample_rows(tokens, 40 * head_dim * channels(),
                                    stream_key(id_of(*this), seed, mode, "sample"));
  if (mode == DataMode::exact) {
    heads_reference<double>(*this, before, sample, q, k);
  } else {
    heads_reference<Bounded>(*this, before, sample, q, k);
  }
  reference_values.numeric.push_back(std::move(q));
  reference_values.numeric.push_back(std::move(k));
  copies_reference(*this, before, reference_values);
  return reference_values;
}

void register_conv_mixing_reference(Registry& registry) {
  registry.add_kernel<ConvMixingCase>(
      "[Q;K] = rope(norm(conv(conv([q;k])) + means)), V = [v_cur(t); v_del(t-1)]");
}

}  // namespace kernelgate
