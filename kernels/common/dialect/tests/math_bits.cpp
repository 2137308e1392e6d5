// Compiled once with MATH_BUILD_MODE=plain and once with MATH_BUILD_MODE=contracted.
#include "kernels/common/dialect/tests/math_bits.hpp"

#define KG_BUILD_MODE MATH_BUILD_MODE
#define KDEV inline

namespace kernelgate {
inline namespace KG_BUILD_MODE {
KDEV float k_fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
KDEV double k_fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

#include "kernels/common/dialect/common/math.hpp"
#include "kernels/common/dialect/common/number_bits.hpp"
// number_bits first: numbers uses it
#include "kernels/common/dialect/common/numbers.hpp"
#include "kernels/common/dialect/common/random.hpp"

#define JOIN_NAMES(a, b) a##b
#define JOIN(a, b) JOIN_NAMES(a, b)

namespace kernelgate::dialect_test {
namespace {

template <class F>
void each(std::uint32_t first, std::uint32_t stride, int count, float* out, F f) {
  for (int i = 0; i < count; ++i) out[i] = f(k_float(first + static_cast<u32>(i) * stride));
}

}  // namespace

void JOIN(MATH_BUILD_MODE, _batch)(Function function, std::uint32_t first, std::uint32_t stride,
                                   int count, float* out) {
  switch (function) {
    case Function::exp:
      return each(first, stride, count, out, [](float x) { return k_exp(x); });
    case Function::exp2:
      return each(first, stride, count, out, [](float x) { return k_exp2(x); });
    case Function::log:
      return each(first, stride, count, out, [](float x) { return k_log(x); });
    case Function::erf:
      return each(first, stride, count, out, [](float x) { return k_erf(x); });
  }
}

std::uint16_t JOIN(MATH_BUILD_MODE, _bf16_of)(float x) { return k_from_float<Bf16>(x).bits; }
std::uint16_t JOIN(MATH_BUILD_MODE, _f16_of)(float x) { return k_from_float<F16>(x).bits; }
float JOIN(MATH_BUILD_MODE, _float_of_f16)(std::uint16_t bits) { return k_to_float(F16{bits}); }
double JOIN(MATH_BUILD_MODE, _log_double)(double x) { return k_log_double(x); }

}  // namespace kernelgate::dialect_test
