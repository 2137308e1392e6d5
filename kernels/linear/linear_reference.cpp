// The case of linear and its reference.
#include <cmath>

#include "harness/core/sample.hpp"
#include "kernels/linear/freivalds.hpp"
#include "kernels/linear/linear.hpp"

namespace kernelgate {
namespace {

// Maximum multiply-adds of the integer reference of a whole output (about 1 s).
constexpr std::int64_t affordable_integer_products = 8'000'000'000;

std::vector<std::int16_t> small_integers(const Tensor& tensor) {
  std::vector<std::int16_t> list(static_cast<std::size_t>(tensor.count()));
  for (std::int64_t i = 0; i < tensor.count(); ++i) {
    list[static_cast<std::size_t>(i)] = static_cast<std::int16_t>(tensor.get(i));
  }
  return list;
}

// The inputs are chosen so that |partial sums| stay below 2^24, so 32 bits are enough.
NumericReference integer_reference(const LinearCase& c, const TensorSet& before) {
  NumericReference reference_values{.tensor = "y", .at = {}, .value = {}, .error_bound = {}};
  const std::vector<std::int16_t> x = small_integers(before["x"]);
  const std::vector<std::int16_t> w = small_integers(before["w"]);
  reference_values.value.resize(static_cast<std::size_t>(c.tokens * c.out));
  for (std::int64_t t = 0; t < c.tokens; ++t) {
    for (std::int64_t o = 0; o < c.out; ++o) {
      const std::int16_t* a = &x[static_cast<std::size_t>(t * c.in)];
      const std::int16_t* b = &w[static_cast<std::size_t>(o * c.in)];
      std::int32_t sum = 0;
      for (std::int64_t i = 0; i < c.in; ++i) sum += std::int32_t{a[i]} * std::int32_t{b[i]};
      reference_values.value[static_cast<std::size_t>(t * c.out + o)] = sum;
    }
  }
  return reference_values;
}

NumericReference sampled_reference(const LinearCase& c, const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) {
  NumericReference reference_values{.tensor = "y", .at = {}, .value = {}, .error_bound = {}};
  const Sample sample =
      sample_positions(c.tokens, c.out, 2 * c.in, stream_key(id_of(c), seed, mode, "sample"));
  if (!sample.complete) reference_values.at = sample.positions;
  const Tensor& x = before["x"];
  const Tensor& w = before["w"];
  for (const std::int64_t position : sample.positions) {
    const std::int64_t t = position / c.out;
    const std::int64_t o = position % c.out;
    double value = 0;
    double magnitude = 0;
    for (std::int64_t i = 0; i < c.in; ++i) {
      const double product = x.get(t * c.in + i) * w.get(o * c.in + i);
      value += product;
      magnitude += std::abs(product);
    }
    if (mode == DataMode::exact) {
      reference_values.add_exact(value);
    } else {
      reference_values.add({value, sum_error_bound(magnitude, c.in)}, c.output_type());
    }
  }
  return reference_values;
}

}  // namespace

const Axes<LinearCase>& LinearCase::axes() {
  static const Axes<LinearCase> table = Axes<LinearCase>()
                                            .number("tokens", &LinearCase::tokens, 1, 1 << 20)
                                            .number("out", &LinearCase::out, 1, 1 << 24)
                                            .number("in", &LinearCase::in, 1, 1 << 20)
                                            .word("output", &LinearCase::output, {"same", "f32"})
                                            .dtype(&LinearCase::type);
  return table;
}

Traffic LinearCase::traffic() const {
  return {.bytes = (tokens * in + out * in) * size_bytes(type) +
                   tokens * out * size_bytes(output_type()),
          .flops = 2 * tokens * out * in};
}

std::vector<TensorSpec> LinearCase::tensors() const {
  return {{"x", type, {tokens, in}, Role::input},
          {"w", type, {out, in}, Role::input},
          {"y", output_type(), {tokens, out}, Role::output}};
}

void LinearCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const std::uint64_t x_key = stream_key(id_of(*this), seed, mode, "x");
  const std::uint64_t w_key = stream_key(id_of(*this), seed, mode, "w");
  if (mode == DataMode::exact) {
    const std::int64_t largest = widest_exact(in, type, output_type());
    fill_integers(tensors["x"], x_key, largest);
    fill_integers(tensors["w"], w_key, largest);
  } else {
    fill_bell(tensors["x"], x_key, 1);
    fill_bell(tensors["w"], w_key, 1 / std::sqrt(static_cast<double>(in)));
  }
}

ReferenceValues LinearCase::reference_values(const TensorSet& before, DataMode mode,
                                             std::uint64_t seed) const {
  ReferenceValues reference_values;
  const bool whole = mode == DataMode::exact && tokens * out <= affordable_integer_products / in;
  reference_values.numeric.push_back(whole ? integer_reference(*this, before)
                                           : sampled_reference(*this, before, mode, seed));
  // Sums of the widest integers are integers below 2^24, so an f32 output represents them exactly.
  if (mode == DataMode::exact && !whole && output_type() == Dtype::f32) {
    reference_values.properties.push_back(freivalds_property(
        before["x"], before["w"], "y", stream_key(id_of(*this), seed, mode, "freivalds")));
  }
  return reference_values;
}

void register_linear_reference(Registry& registry) {
  registry.add_kernel<LinearCase>("y[t,o] = sum_i W[o,i] x[t,i]");
}

}  // namespace kernelgate
