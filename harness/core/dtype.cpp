#include "harness/core/dtype.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace kernelgate {
namespace {

struct Row {
  Dtype type;
  std::string_view name;
  std::int64_t bytes;
  int significant_bits;  // 0: not floating
  int min_exponent;      // exponent of the smallest positive number
};

constexpr std::array rows{
    Row{Dtype::f32, "f32", 4, 24, -149}, Row{Dtype::bf16, "bf16", 2, 8, -133},
    Row{Dtype::f16, "f16", 2, 11, -24},  Row{Dtype::f64, "f64", 8, 53, -1074},
    Row{Dtype::i32, "i32", 4, 0, 0},     Row{Dtype::i64, "i64", 8, 0, 0},
    Row{Dtype::u8, "u8", 1, 0, 0},
};

const Row& row(Dtype type) { return rows.at(static_cast<std::size_t>(type)); }

// Nearest multiple of 2^place, ties to even. Scaling by powers of two is exact here.
double round_at(double x, int place) {
  return std::ldexp(std::nearbyint(std::ldexp(x, -place)), place);
}

// A float whose later rounding to 16 bits equals one direct rounding of x (round to odd: an inexact
// result has its last bit set, so it never looks like a tie).
float rounded_to_odd(double x) {
  const float nearest = static_cast<float>(x);
  if (static_cast<double>(nearest) == x || !std::isfinite(nearest)) return nearest;
  std::uint32_t bits = std::bit_cast<std::uint32_t>(nearest);
  if (std::abs(static_cast<double>(nearest)) > std::abs(x)) --bits;
  return std::bit_cast<float>(bits | 1U);
}

// One loop per type: a type switch per number costs more than the rounding itself.
template <class T, class Convert>
void store_each(std::span<const double> from, std::byte* to, const Convert& convert) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const T stored = convert(from[i]);
    std::memcpy(to + i * sizeof(T), &stored, sizeof(T));
  }
}

double largest(Dtype type) {
  if (type == Dtype::f16) return 65504.0;
  if (type == Dtype::bf16) return std::ldexp(255.0, 120);
  return static_cast<double>(std::numeric_limits<float>::max());
}

}  // namespace

std::string_view name(Dtype type) { return row(type).name; }

std::optional<Dtype> parse_dtype(std::string_view text) {
  for (const Row& r : rows) {
    if (r.name == text) return r.type;
  }
  return std::nullopt;
}

std::int64_t size_bytes(Dtype type) { return row(type).bytes; }

bool is_floating(Dtype type) { return row(type).significant_bits > 0; }

Grid grid(Dtype type) {
  const Row& r = row(type);
  if (r.significant_bits == 0 || type == Dtype::f64) return {};
  return {std::ldexp(1.0, 1 - r.significant_bits), std::ldexp(1.0, r.min_exponent)};
}

double round_to(Dtype type, double x) {
  const Row& r = row(type);
  if (type == Dtype::f64) return x;
  if (r.significant_bits == 0) return std::nearbyint(x);
  if (x == 0 || !std::isfinite(x)) return x;
  const int place = std::max(std::ilogb(x) - (r.significant_bits - 1), r.min_exponent);
  const double rounded = round_at(x, place);
  if (std::abs(rounded) > largest(type)) {
    return std::copysign(std::numeric_limits<double>::infinity(), x);
  }
  return rounded;
}

std::uint64_t encode(Dtype type, double x) {
  switch (type) {
    case Dtype::f32:
      return std::bit_cast<std::uint32_t>(static_cast<float>(x));
    case Dtype::bf16:
      return from_float<bf16>(rounded_to_odd(x)).bits;
    case Dtype::f16:
      return from_float<f16>(rounded_to_odd(x)).bits;
    case Dtype::f64:
      return std::bit_cast<std::uint64_t>(x);
    default:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(std::nearbyint(x)));
  }
}

void encode(Dtype type, std::span<const double> from, std::byte* to) {
  switch (type) {
    case Dtype::f32:
      return store_each<float>(from, to, [](double x) { return static_cast<float>(x); });
    case Dtype::bf16:
      return store_each<bf16>(from, to,
                              [](double x) { return from_float<bf16>(rounded_to_odd(x)); });
    case Dtype::f16:
      return store_each<f16>(from, to, [](double x) { return from_float<f16>(rounded_to_odd(x)); });
    default:
      for (std::size_t i = 0; i < from.size(); ++i) {
        const std::uint64_t bits = encode(type, from[i]);
        const auto size = static_cast<std::size_t>(size_bytes(type));
        std::memcpy(to + i * size, &bits, size);
      }
  }
}

double decode(Dtype type, std::uint64_t bits) {
  switch (type) {
    case Dtype::f32:
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case Dtype::bf16:
      return to_float(bf16{static_cast<std::uint16_t>(bits)});
    case Dtype::f16:
      return to_float(f16{static_cast<std::uint16_t>(bits)});
    case Dtype::f64:
      return std::bit_cast<double>(bits);
    case Dtype::i32:
      return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
    case Dtype::i64:
      return static_cast<double>(static_cast<std::int64_t>(bits));
    case Dtype::u8:
      return static_cast<double>(bits & 0xFFU);
  }
  return 0;
}

}  // namespace kernelgate
