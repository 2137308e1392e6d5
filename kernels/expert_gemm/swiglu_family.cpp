#include "kernels/expert_gemm/swiglu_family.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

// silu(g) is g in f32 from g = 32 on (exp(-32) < 2^-25) and 0 from -128 down (exp(128) > 2^128).
constexpr std::int64_t beyond_silu = 128;

// Maximum sum of n numbers +-size of random signs that a fixed seed reaches: 8 standard deviations.
// A whole number, so that no contraction of products and sums can change it.
double widest_sum(double n, double size) { return size * std::min(n, std::ceil(8 * std::sqrt(n))); }

double power_of_two_at_least(double x) { return std::exp2(std::ceil(std::log2(x))); }

struct Extents {
  double gate, up, inner, output;
};

Extents extents(const ExpertGemmCase& c, SwigluFamily& f) {
  const double a = static_cast<double>(f.largest);
  const double hidden = static_cast<double>(c.hidden);
  const double rest = widest_sum(hidden - 1, a * a);
  const double base = power_of_two_at_least(rest + beyond_silu);
  f.gate_rest = static_cast<std::int64_t>(rest);
  f.gate_base = static_cast<std::int64_t>(base);
  const double up = widest_sum(hidden, a * a);
  const double inner = (base + rest) * up;
  return {base + rest, up, inner, a * widest_sum(static_cast<double>(c.inter), inner)};
}

}  // namespace

SwigluFamily swiglu_family(const ExpertGemmCase& c) {
  SwigluFamily f;
  const auto most = static_cast<std::int64_t>(2 / grid(c.type).epsilon);
  Extents e = extents(c, f);
  while (f.largest < most) {
    SwigluFamily wider = f;
    ++wider.largest;
    const Extents w = extents(c, wider);
    if (w.output > 0x1p24) break;
    f = wider;
    e = w;
  }
  if (c.type == Dtype::f16) {
    f.up_unit = std::min(1.0, 0x1p14 / power_of_two_at_least(e.inner));
    f.down_unit = std::min(1.0, 0x1p14 / power_of_two_at_least(e.output * f.up_unit));
  }
  return f;
}

void fill_swiglu_family(const ExpertGemmCase& c, TensorSet& tensors, std::uint64_t seed) {
  const SwigluFamily f = swiglu_family(c);
  const auto key = [&](std::string_view tensor) {
    return stream_key(id_of(c), seed, DataMode::exact, tensor);
  };
  fill_integers(tensors["h"], key("h"), f.largest);
  for (std::int64_t t = 0; t < c.tokens; ++t) {
    tensors["h"].set(t * c.hidden, 1);
    const std::uint64_t word = word_at(key("weight"), static_cast<std::uint64_t>(t));
    tensors["weight"].set(t, static_cast<double>(1 + word % 7) / 8);
  }
  Tensor& gate_up = tensors["gate_up"];
  fill_integers(gate_up, key("gate_up"), f.largest);
  for (std::int64_t e = 0; e < c.experts; ++e) {
    for (std::int64_t i = 0; i < c.inter; ++i) {
      const std::int64_t row = (e * 2 * c.inter + i) * c.hidden;
      const std::int64_t sign = signed_integer(key("gate"), e * c.inter + i, 1);
      gate_up.set(row, static_cast<double>(i == 0 ? f.gate_base : sign * f.gate_base));
    }
    if (f.up_unit == 1) continue;
    const std::int64_t up = (e * 2 + 1) * c.inter * c.hidden;
    for (std::int64_t k = up; k < up + c.inter * c.hidden; ++k) {
      gate_up.set(k, gate_up.get(k) * f.up_unit);
    }
  }
  fill_integers(tensors["down"], key("down"), f.largest, f.down_unit);
}

}  // namespace kernelgate
