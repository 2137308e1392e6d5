// The dialect's math functions as host functions over a range of float bit patterns, compiled
// twice: plainly, and with every contraction of products and sums that a host compiler may apply.
#pragma once

#include <cstdint>

namespace kernelgate::dialect_test {

enum class Function { exp, exp2, log, erf };

/// out[i] = function(x) of the float x whose bits are first + i stride.
using Batch = void (*)(Function function, std::uint32_t first, std::uint32_t stride, int count,
                       float* out);
void plain_batch(Function function, std::uint32_t first, std::uint32_t stride, int count,
                 float* out);
void contracted_batch(Function function, std::uint32_t first, std::uint32_t stride, int count,
                      float* out);
/// The conversions of numbers.hpp, as bits.
std::uint16_t plain_bf16_of(float x);
std::uint16_t plain_f16_of(float x);
float plain_float_of_f16(std::uint16_t bits);
double plain_log_double(double x);
std::uint16_t contracted_bf16_of(float x);
std::uint16_t contracted_f16_of(float x);
float contracted_float_of_f16(std::uint16_t bits);
double contracted_log_double(double x);

}  // namespace kernelgate::dialect_test
