#include "harness/core/fill.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "harness/core/pieces.hpp"
#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t batch = 1024;  // numbers that are rounded and stored at once

// Elements are independent, so threads cannot change a result.
template <class F>
void fill_each(Tensor& tensor, const F& value_at) {
  const Dtype type = tensor.spec().type;
  const std::int64_t count = tensor.count();
  const std::int64_t blocks = pieces(count, batch);
#pragma omp parallel for schedule(static) if (count > 1 << 16)
  for (std::int64_t b = 0; b < blocks; ++b) {
    std::array<double, batch> values;
    const std::int64_t first = b * batch;
    const std::int64_t many = std::min(batch, count - first);
    for (std::int64_t i = 0; i < many; ++i) {
      values[static_cast<std::size_t>(i)] = value_at(first + i);
    }
    encode(type, {values.data(), static_cast<std::size_t>(many)},
           tensor.data() + first * size_bytes(type));
  }
}

}  // namespace

std::string_view name(DataMode mode) { return mode == DataMode::exact ? "exact" : "real"; }

std::uint64_t stream_key(std::string_view case_id, std::uint64_t seed, DataMode mode,
                         std::string_view tensor) {
  const std::uint64_t text = fnv1a64(std::string(case_id) + "|" + std::string(tensor));
  return mix64(text ^ mix64(2 * seed + (mode == DataMode::real ? 1 : 0)));
}

double bell(std::uint64_t key, std::int64_t index) {
  const std::uint64_t w = word_at(key, static_cast<std::uint64_t>(index));
  const std::int64_t sum = static_cast<std::int64_t>((w & 0xFFFF) + ((w >> 16) & 0xFFFF) +
                                                     ((w >> 32) & 0xFFFF) + (w >> 48));
  // Four uniforms of [0, 65535]: mean 131070, standard deviation 37837.2.
  return static_cast<double>(sum - 131070) * 2.642901e-5;
}

double uniform(std::uint64_t key, std::int64_t index) {
  return static_cast<double>(word_at(key, static_cast<std::uint64_t>(index)) >> 40) * 0x1p-24;
}

std::int64_t signed_integer(std::uint64_t key, std::int64_t index, std::int64_t largest) {
  const std::uint64_t w = word_at(key, static_cast<std::uint64_t>(index));
  const std::int64_t size =
      1 + static_cast<std::int64_t>((w >> 1) % static_cast<std::uint64_t>(largest));
  return (w & 1) != 0 ? -size : size;
}

void fill_bell(Tensor& tensor, std::uint64_t key, double scale, double offset) {
  fill_each(tensor, [=](std::int64_t i) { return offset + scale * bell(key, i); });
}

void fill_uniform(Tensor& tensor, std::uint64_t key, double low, double high) {
  fill_each(tensor, [=](std::int64_t i) { return low + (high - low) * uniform(key, i); });
}

void fill_integers(Tensor& tensor, std::uint64_t key, std::int64_t largest, double unit) {
  fill_each(tensor, [=](std::int64_t i) {
    return unit * static_cast<double>(signed_integer(key, i, largest));
  });
}

void fill_constant(Tensor& tensor, double value) {
  fill_each(tensor, [=](std::int64_t) { return value; });
}

std::int64_t widest_exact(std::int64_t terms, Dtype input, Dtype output) {
  const double n = static_cast<double>(std::max<std::int64_t>(terms, 1));
  const double largest = output == Dtype::f16 ? 65504.0 : 3e38;
  const double inside = std::min(0x1p24 / n, largest / (2 * std::sqrt(n)));
  const double exact_input = 2 / grid(input).epsilon;  // integers up to 2^significant bits
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::floor(std::min(std::sqrt(inside), exact_input))));
}

}  // namespace kernelgate
