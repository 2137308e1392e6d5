// The case of residual_norm, its inputs and its reference values.
#include "kernels/residual_norm/residual_norm_reference.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/sample.hpp"
#include "kernels/residual_norm/residual_norm.hpp"

namespace kernelgate {
namespace {

Values values_of(const Tensor& tensor) {
  return {tensor.spec().type, tensor.data(), tensor.count()};
}

// Inputs whose new stream is +-1024 everywhere, so that the mean square is 2^20, which absorbs eps,
// and y = +-g. Biases are odd integers, scales are small powers of two.
void fill_exact(const ResidualNormCase& c, TensorSet& t, std::uint64_t seed) {
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(c), seed, DataMode::exact, name);
  };
  const std::uint64_t sign_key = key("sign");
  const std::uint64_t hidden_key = key("hidden");
  const auto odd = [&](std::string_view name, std::int64_t i) {
    const std::int64_t n = signed_integer(key(name), i, 24);
    return n > 0 ? 2 * n - 1 : 2 * n + 1;
  };
  const auto power = [&](std::string_view name, std::int64_t i, int least) {
    const std::int64_t n = signed_integer(key(name), i, 2);
    return std::ldexp(n > 0 ? 1.0 : -1.0, least + static_cast<int>(std::abs(n)) - 1);
  };
  fill_integers(t["weight"], key("weight"), 255);  // 8 bits: exact in every storage type
  for (std::int64_t i = 0; i < c.hidden; ++i) {
    t["hidden_bias"].set(i, static_cast<double>(odd("hidden_bias", i)));
    // 1024 = 8 * 128 = 16 * 64: h = +-128 - bias stays an integer of 8 bits.
    t["hidden_scale"].set(i, power("hidden_scale", i, c.reads_residual() ? 1 : 3));
    if (!c.reads_residual()) continue;
    t["residual_bias"].set(i, static_cast<double>(odd("residual_bias", i)));
    t["residual_scale"].set(i, power("residual_scale", i, 0));
  }
  for (std::int64_t at = 0; at < c.tokens * c.hidden; ++at) {
    const std::int64_t i = at % c.hidden;
    const double target = signed_integer(sign_key, at, 1) > 0 ? 1024 : -1024;
    const double hs = t["hidden_scale"].get(i);
    const double hb = t["hidden_bias"].get(i);
    if (!c.reads_residual()) {
      t["hidden"].set(at, target / hs - hb);
      continue;
    }
    const double h = static_cast<double>(signed_integer(hidden_key, at, 127));
    t["hidden"].set(at, h);
    const double rest = target - (h + hb) * hs;  // even, because hs is
    t["residual"].set(at, rest / t["residual_scale"].get(i) - t["residual_bias"].get(i));
  }
}

template <class N>
void add(NumericReference& reference_values, const N& x, Dtype type) {
  if constexpr (std::is_same_v<N, double>) {
    reference_values.add_exact(x);
  } else {
    reference_values.add(x, type);
  }
}

// A rounding in the middle of a kernel. The bound stays tight: both ends of the interval of correct
// values usually round to the same number, and only otherwise may a kernel differ by one spacing.
double quantised(Dtype type, double x) { return round_to(type, x); }
Bounded quantised(Dtype type, Bounded x) {
  const double low = round_to(type, x.value - x.bound);
  const double high = round_to(type, x.value + x.bound);
  const double value = round_to(type, x.value);
  return {value, std::max(high - value, value - low)};
}

template <class N>
void rows_reference(const ResidualNormCase& c, const TensorSet& before, const Sample& sample,
                    NumericReference& stream, NumericReference& normed) {
  const Values hidden = values_of(before["hidden"]);
  std::vector<N> r(static_cast<std::size_t>(c.hidden)), y(r.size());
  for (const std::int64_t row : sample.positions) {
    const std::vector<N> h = numbers<N>(hidden.row(row, c.hidden));
    if (c.reads_residual()) {
      r = numbers<N>(values_of(before["residual"]).row(row, c.hidden));
      const reference::ResidualScales scales{
          values_of(before["hidden_scale"]), values_of(before["hidden_bias"]),
          values_of(before["residual_scale"]), values_of(before["residual_bias"])};
      reference::scale_residual<N>(h, std::span<N>(r), scales);
    } else {
      reference::scale_input<N>(h, std::span<N>(r), values_of(before["hidden_scale"]),
                                values_of(before["hidden_bias"]));
    }
    std::vector<N> x = r;
    if (c.norm_input == NormInput::storage) {
      for (N& v : x) v = quantised(c.type, v);
    }
    reference::rms_norm<N>(x, values_of(before["weight"]), ResidualNormCase::epsilon, y);
    for (std::int64_t i = 0; i < c.hidden; ++i) {
      if (!sample.complete) normed.at.push_back(row * c.hidden + i);
      // The stream is a result of f32 arithmetic: its last rounding is already in the error bound.
      if constexpr (std::is_same_v<N, double>) {
        stream.add_exact(r[static_cast<std::size_t>(i)]);
      } else {
        stream.value.push_back(r[static_cast<std::size_t>(i)].value);
        stream.error_bound.push_back(r[static_cast<std::size_t>(i)].bound);
      }
      add(normed, y[static_cast<std::size_t>(i)], c.type);
    }
  }
  stream.at = normed.at;
}

}  // namespace

const Axes<ResidualNormCase>& ResidualNormCase::axes() {
  static const Axes<ResidualNormCase> table =
      Axes<ResidualNormCase>()
          .number("tokens", &ResidualNormCase::tokens, 1, 1 << 20)
          .number("hidden", &ResidualNormCase::hidden, 1, 8192)
          .word("form", &ResidualNormCase::form, {"first", "both", "last"})
          .word("norm_input", &ResidualNormCase::norm_input, {"f32", "storage"})
          .word("inputs", &ResidualNormCase::inputs, {"bell", "small", "zeros"})
          .dtype(&ResidualNormCase::type);
  return table;
}

Traffic ResidualNormCase::traffic() const {
  const std::int64_t elements = tokens * hidden;
  const std::int64_t vectors = reads_residual() ? 5 : 3;
  const std::int64_t passes = (reads_residual() ? 1 : 0) + (writes_residual() ? 1 : 0);
  return {.bytes = size_bytes(type) * (2 * elements + vectors * hidden) + 4 * passes * elements,
          .flops = elements * (reads_residual() ? 9 : 6)};
}

std::vector<TensorSpec> ResidualNormCase::tensors() const {
  std::vector<TensorSpec> list{{"hidden", type, {tokens, hidden}, Role::input},
                               {"hidden_scale", type, {hidden}, Role::input},
                               {"hidden_bias", type, {hidden}, Role::input},
                               {"weight", type, {hidden}, Role::input}};
  if (reads_residual()) {
    list.push_back({"residual_scale", type, {hidden}, Role::input});
    list.push_back({"residual_bias", type, {hidden}, Role::input});
  }
  const Role role = form == ResidualForm::first  ? Role::output
                    : form == ResidualForm::both ? Role::state
                                                 : Role::input;
  list.push_back({"residual", Dtype::f32, {tokens, hidden}, role});
  list.push_back({"y", type, {tokens, hidden}, Role::output});
  return list;
}

void ResidualNormCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  if (mode == DataMode::exact) return fill_exact(*this, tensors, seed);
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(*this), seed, mode, name);
  };
  // Mean square of small rows: about 2^-16, near eps = 1e-5.
  const double size = inputs == ResidualInputs::bell    ? 1
                      : inputs == ResidualInputs::small ? 0x1p-8
                                                        : 0;
  fill_bell(tensors["hidden"], key("hidden"), size);
  fill_bell(tensors["hidden_scale"], key("hidden_scale"), 0.2, 1);
  fill_bell(tensors["hidden_bias"], key("hidden_bias"), 0.1 * size);
  fill_bell(tensors["weight"], key("weight"), 0.2, 1);
  if (!reads_residual()) return;
  fill_bell(tensors["residual"], key("residual"), 2 * size);
  // Below 1, so that a stream updated repeatedly by a benchmark converges.
  fill_uniform(tensors["residual_scale"], key("residual_scale"), 0.5, 0.9375);
  fill_bell(tensors["residual_bias"], key("residual_bias"), 0.1 * size);
}

ReferenceValues ResidualNormCase::reference_values(const TensorSet& before, DataMode mode,
                                                   std::uint64_t seed) const {
  NumericReference stream{.tensor = "residual", .at = {}, .value = {}, .error_bound = {}};
  NumericReference normed{.tensor = "y", .at = {}, .value = {}, .error_bound = {}};
  const Sample sample =
      sample_rows(tokens, 200 * hidden, stream_key(id_of(*this), seed, mode, "sample"));
  if (mode == DataMode::exact) {
    rows_reference<double>(*this, before, sample, stream, normed);
    // Guarantee of the exact family: 2^20 + 1e-5 is 2^20 in f32, so that y is exactly +-g.
    for (std::size_t i = 0; i < normed.value.size(); ++i) {
      normed.value[i] = std::nearbyint(normed.value[i]);
    }
  } else {
    rows_reference<Bounded>(*this, before, sample, stream, normed);
  }
  ReferenceValues reference_values;
  if (writes_residual()) reference_values.numeric.push_back(std::move(stream));
  reference_values.numeric.push_back(std::move(normed));
  return reference_values;
}

void register_residual_norm_reference(Registry& registry) {
  registry.add_kernel<ResidualNormCase>(
      "r <- (h + hb) hs + (r + rb) rs; y = r g / sqrt(mean(r^2) + 1e-5)");
}

}  // namespace kernelgate
