// Running error analysis: a value with the largest error of a correctly implemented f32 kernel that
// computes it. References are templates over their number type. `double` gives the model's
// reference value, `Bounded` the same value with an error bound. Both come from one formula, so the
// bound cannot drift from it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "harness/core/dtype.hpp"

namespace kernelgate {

/// `value` is computed in double; a correct kernel's result lies within `bound` of it.
struct Bounded {
  double value = 0;
  double bound = 0;

  constexpr Bounded() = default;
  constexpr Bounded(double v) : value(v) {}  // NOLINT: an exact number is a Bounded
  constexpr Bounded(double v, double b) : value(v), bound(b) {}
};

/// Unit roundoff of f32 arithmetic and its smallest positive number.
inline constexpr double f32_unit = 0x1p-24;
inline constexpr double f32_smallest = 0x1p-149;

/// Declared accuracy of a kernel's f32 functions, in ulp of the result. One ulp is 2 units.
/// Portable bounds: CUDA C++ Programming Guide, table of single-precision functions without
/// fast-math (expf 2, erff 2, logf 1, rsqrtf 2, sinf and cosf 2, powf 4); glibc stays below them.
struct Ulps {
  double exp = 2, log = 2, erf = 4, rsqrt = 2, sin_cos = 2, pow = 8;
};
inline constexpr Ulps declared_ulps{};

constexpr Bounded rounded_f32(double value, double carried, double ulps = 0.5) {
  const double size = value < 0 ? -value : value;
  return {value, carried + 2 * ulps * f32_unit * (size + carried) + f32_smallest};
}

inline Bounded operator-(Bounded a) { return {-a.value, a.bound}; }
inline Bounded operator+(Bounded a, Bounded b) {
  return rounded_f32(a.value + b.value, a.bound + b.bound);
}
inline Bounded operator-(Bounded a, Bounded b) { return a + (-b); }
inline Bounded operator*(Bounded a, Bounded b) {
  const double carried =
      std::abs(a.value) * b.bound + std::abs(b.value) * a.bound + a.bound * b.bound;
  return rounded_f32(a.value * b.value, carried);
}
/// If the divisor's interval contains 0, the bound is infinite, which the judge rejects.
inline Bounded operator/(Bounded a, Bounded b) {
  const double least = std::abs(b.value) - b.bound;
  if (!(least > 0)) return {a.value / b.value, INFINITY};
  const double q = a.value / b.value;
  return rounded_f32(q, (a.bound + std::abs(q) * b.bound) / least);
}

inline double sqrt_of(double x) { return std::sqrt(x); }
inline double rsqrt_of(double x) { return 1 / std::sqrt(x); }
inline double exp_of(double x) { return std::exp(x); }
inline double erf_of(double x) { return std::erf(x); }
inline double value_of(double x) { return x; }
inline double bound_of(double) { return 0; }
inline double value_of(Bounded x) { return x.value; }
inline double bound_of(Bounded x) { return x.bound; }

inline Bounded rsqrt_of(Bounded x) {
  const double least = x.value - x.bound;
  const double r = 1 / std::sqrt(x.value);
  if (!(least > 0)) return {r, INFINITY};
  return rounded_f32(r, 1 / std::sqrt(least) - r, declared_ulps.rsqrt);
}
inline Bounded sqrt_of(Bounded x) {
  const double r = std::sqrt(x.value);
  const double below = r - std::sqrt(std::max(0.0, x.value - x.bound));
  const double above = std::sqrt(x.value + x.bound) - r;  // the larger one only near 0
  return rounded_f32(r, std::max(below, above), 1);
}
inline Bounded exp_of(Bounded x) {
  const double e = std::exp(x.value);
  return rounded_f32(e, e * std::expm1(x.bound), declared_ulps.exp);
}
inline Bounded erf_of(Bounded x) {  // |erf'| <= 2/sqrt(pi)
  return rounded_f32(std::erf(x.value), 1.1283791670955126 * x.bound, declared_ulps.erf);
}

/// A number rounded once to `type`. The double form performs the rounding, as a model with such a
/// tensor does. The bounded form keeps the value and widens the bound by half a spacing.
inline double stored_as(Dtype type, double x) { return round_to(type, x); }
inline Bounded stored_as(Dtype type, Bounded x) {
  const Grid g = grid(type);
  return {x.value, x.bound + g.epsilon / 2 * (std::abs(x.value) + x.bound) + g.smallest / 2};
}

/// Error bound of an f32 sum of `terms` independent terms whose absolute values add up to
/// `magnitude`, in any order (verdicts, section 1: 4 sqrt(n) u sum|ab|).
inline double sum_error_bound(double magnitude, std::int64_t terms) {
  return 4 * std::sqrt(static_cast<double>(terms)) * f32_unit * magnitude;
}

/// Accumulates a dot product or a plain sum: exact value, magnitude, carried error.
template <class N>
class Sum;

template <>
class Sum<double> {
 public:
  void add(double x) { total_ += x; }
  void add_product(double a, double b) { total_ += a * b; }
  double result() const { return total_; }

 private:
  double total_ = 0;
};

template <>
class Sum<Bounded> {
 public:
  void add(Bounded x) {
    total_ += x.value;
    magnitude_ += std::abs(x.value);
    carried_ += x.bound;
    ++terms_;
  }
  void add_product(Bounded a, Bounded b) {
    total_ += a.value * b.value;
    magnitude_ += std::abs(a.value * b.value);
    carried_ += std::abs(a.value) * b.bound + std::abs(b.value) * a.bound + a.bound * b.bound;
    ++terms_;
  }
  Bounded result() const {
    return {total_, carried_ + sum_error_bound(magnitude_ + carried_, terms_)};
  }

 private:
  double total_ = 0, magnitude_ = 0, carried_ = 0;
  std::int64_t terms_ = 0;
};

}  // namespace kernelgate
