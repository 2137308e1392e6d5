// Deterministic contents of tensors: element i is a function of (key, i) alone.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/core/tensor.hpp"

namespace kernelgate {

/// The two kinds of data on which every case is judged (docs/verdicts.md).
enum class DataMode {
  exact,  // integers (or a family) with an exact result: compared bit for bit
  real,   // pseudo-normal data, judged against a derived error bound per element
};
std::string_view name(DataMode mode);

/// Key of one tensor's stream: depends on the case id, the seed, the mode and the tensor's name.
std::uint64_t stream_key(std::string_view case_id, std::uint64_t seed, DataMode mode,
                         std::string_view tensor);

/// A pseudo-normal number of mean 0 and standard deviation 1: the sum of four 16-bit uniforms, so
/// exact arithmetic gives the same bits everywhere. |value| < 3.47.
double bell(std::uint64_t key, std::int64_t index);
/// Uniform in [0, 1), a multiple of 2^-24.
double uniform(std::uint64_t key, std::int64_t index);
/// A nonzero integer in [-largest, largest].
std::int64_t signed_integer(std::uint64_t key, std::int64_t index, std::int64_t largest);

/// value_i = offset + scale * bell(i), rounded once to the tensor's type.
void fill_bell(Tensor& tensor, std::uint64_t key, double scale, double offset = 0);
/// value_i = low + (high - low) * uniform(i).
void fill_uniform(Tensor& tensor, std::uint64_t key, double low, double high);
/// Nonzero integers in [-largest, largest], times `unit` (a power of two).
void fill_integers(Tensor& tensor, std::uint64_t key, std::int64_t largest, double unit = 1);
void fill_constant(Tensor& tensor, double value);

/// Largest magnitude of input integers whose products sum exactly in f32 over `terms` terms and
/// stay inside the output type: floor(sqrt(min(2^24 / terms, largest(output) / (2 sqrt(terms))))),
/// at most 2^significant bits of the input type, at least 1 (docs/verdicts.md).
std::int64_t widest_exact(std::int64_t terms, Dtype input, Dtype output);

}  // namespace kernelgate
