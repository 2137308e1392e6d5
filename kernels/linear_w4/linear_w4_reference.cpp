// The case of linear_w4 and its reference.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/sample.hpp"
#include "kernels/linear_w4/linear_w4.hpp"

namespace kernelgate {
namespace {

FourBitView weights(const LinearW4Case& c, const TensorSet& set) {
  return {c.layout(), c.in, set["codes"].as<std::uint8_t>().data(), set["scales"].data()};
}

// A decoded MXFP4 weight is exact in f32; an NF4 weight is a product of two f32 numbers, which a
// kernel may round to f32 before it multiplies.
Bounded decoded(FourBitFormat format, double w) {
  if (format == FourBitFormat::mxfp4) return w;
  return {w, f32_unit * std::abs(w) + f32_smallest / 2};
}

/// Inputs of exact mode: integer x of magnitude up to `largest`, weights in units of `unit`.
struct ExactFamily {
  std::int64_t largest;
  double unit;
};
ExactFamily exact_family(const LinearW4Case& c) {
  const std::int64_t weight = largest_exact_weight(c.format);
  const std::int64_t most = (std::int64_t{1} << 24) / (c.in * weight);
  const std::int64_t largest = std::clamp<std::int64_t>(most, 1, 256);  // 8 bits fit all types
  // Sums of n terms stay below 8 sqrt(n) times the largest term; f16 ends at 65504.
  const double reach =
      8 * std::sqrt(static_cast<double>(c.in)) * static_cast<double>(largest * weight);
  const double unit = c.output_type() == Dtype::f16
                          ? std::min(1.0, std::exp2(15 - std::ceil(std::log2(reach))))
                          : 1;
  return {largest, unit};
}

}  // namespace

const Axes<LinearW4Case>& LinearW4Case::axes() {
  // 2^24 holds 131,072 terms of the smallest x times the largest exact weight.
  static const Axes<LinearW4Case> table =
      Axes<LinearW4Case>()
          .number("tokens", &LinearW4Case::tokens, 1, 1 << 20)
          .number("out", &LinearW4Case::out, 1, 1 << 24)
          .number("in", &LinearW4Case::in, 32, 1 << 17)
          .word("format", &LinearW4Case::format, {"mxfp4", "nf4"})
          .number("block", &LinearW4Case::block, 32, 4096)
          .word("scales", &LinearW4Case::scales, {"plain", "edges"})
          .word("output", &LinearW4Case::output, {"same", "f32"})
          .dtype(&LinearW4Case::type);
  return table;
}

Traffic LinearW4Case::traffic() const {
  return {.bytes = tokens * in * size_bytes(type) + out * layout().row_bytes(in) +
                   tokens * out * size_bytes(output_type()),
          .flops = 2 * tokens * out * in};
}

std::vector<TensorSpec> LinearW4Case::tensors() const {
  const FourBitLayout l = layout();
  return {{"x", type, {tokens, in}, Role::input},
          {"codes", Dtype::u8, {out, l.code_bytes(in)}, Role::input},
          {"scales", l.scale_type(), {out, l.scales(in)}, Role::input},
          {"y", output_type(), {tokens, out}, Role::output}};
}

void LinearW4Case::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const std::uint64_t x_key = stream_key(id_of(*this), seed, mode, "x");
  FourBitFill how{
      .key = stream_key(id_of(*this), seed, mode, "w"), .mode = mode, .pattern = scales};
  if (mode == DataMode::exact) {
    const ExactFamily family = exact_family(*this);
    fill_integers(tensors["x"], x_key, family.largest);
    how.size = family.unit;
  } else {
    fill_bell(tensors["x"], x_key, 1);
    how.size = 1 / std::sqrt(static_cast<double>(in));
  }
  fill_four_bit(layout(), out, in, tensors["codes"], tensors["scales"], how);
}

ReferenceValues LinearW4Case::reference_values(const TensorSet& before, DataMode mode,
                                               std::uint64_t seed) const {
  const Sample sample =
      sample_positions(tokens, out, 2 * in, stream_key(id_of(*this), seed, mode, "sample"));
  const std::size_t count = sample.positions.size();
  NumericReference y{.tensor = "y", .at = {}, .value = {}, .error_bound = {}};
  if (!sample.complete) y.at = sample.positions;
  y.value.resize(count);
  if (mode == DataMode::real) y.error_bound.resize(count);
  // Ordered by output, so that each row of the weight is decoded once.
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return sample.positions[a] % out < sample.positions[b] % out;
  });
  const FourBitView view = weights(*this, before);
  const Tensor& x = before["x"];
  std::vector<double> row;
  std::int64_t held = -1;
  for (const std::size_t i : order) {
    const std::int64_t t = sample.positions[i] / out, o = sample.positions[i] % out;
    if (o != held) row = view.row(o);
    held = o;
    Sum<Bounded> sum;
    for (std::int64_t k = 0; k < in; ++k) {
      sum.add_product(decoded(format, row[static_cast<std::size_t>(k)]), x.get(t * in + k));
    }
    y.value[i] = sum.result().value;
    if (mode == DataMode::real) y.error_bound[i] = stored_as(output_type(), sum.result()).bound;
  }
  return {.numeric = {std::move(y)}, .properties = {}};
}

void register_linear_w4_reference(Registry& registry) {
  registry.add_kernel<LinearW4Case>("y[t,o] = sum_i V[code[o,i]] scale[o,i/block] x[t,i]");
}

}  // namespace kernelgate
