// Inputs of one sampling row, and the arithmetic of single steps, for the portable kernel.
#pragma once

#include <cstdint>

#include "harness/core/number.hpp"
#include "kernels/sampling/sampling.hpp"

namespace kernelgate {

/// Pointers into one row of every input. Lists contain ids; values outside [0,vocabulary) are
/// ignored.
template <class T>
struct SamplingRow {
  const T* logits;
  const std::uint32_t* allowed;  // null: all
  const std::int32_t *stop, *bias_token, *prompt, *output;
  const float *bias_add, *numbers;
  const std::int32_t* integers;
  std::uint64_t seed;
  std::int64_t vocabulary, real_ids, stops, biases, prompts, outputs;

  KG_FUNCTION bool is_id(std::int32_t id) const { return id >= 0 && id < vocabulary; }
  KG_FUNCTION bool greedy() const { return numbers[temperature] < 1e-5F; }

  /// Step 4 for an id that occurs in the prompt or the output.
  KG_FUNCTION float penalised(float x, std::uint32_t times_in_output) const {
    const float rho = numbers[repetition];
    x = x > 0 ? x / rho : x * rho;
    if (times_in_output == 0) return x;
    x -= numbers[frequency] * static_cast<float>(times_in_output);
    return x - numbers[presence];
  }
  KG_FUNCTION std::uint32_t counter_word(SamplingInteger column) const {
    return static_cast<std::uint32_t>(integers[column]);
  }
};

/// Softmax weights, exp(x - largest) in [0, 1], as whole numbers of 2^-bits: their sum has the same
/// bits in every order and on any number of threads. `bits` leaves room for a whole vocabulary of
/// ones.
struct FixedPoint {
  int bits;

  /// 62 bits for the sum: 43 per weight for a vocabulary of 262,272. A weight is off by 2^-44 of
  /// the largest.
  static FixedPoint for_terms(std::int64_t terms) {
    int terms_bits = 0;
    while ((std::int64_t{1} << terms_bits) < terms) ++terms_bits;
    return {62 - terms_bits};
  }
  KG_FUNCTION double unit() const { return static_cast<double>(std::uint64_t{1} << bits); }
  KG_FUNCTION float to_sum(std::uint64_t total) const {
    return static_cast<float>(static_cast<double>(total) / unit());
  }
  /// The maximum cumulative weight that top-p drops: (1 - top_p) of the total, but never all of it.
  KG_FUNCTION std::uint64_t dropped_by(float p, std::uint64_t total) const {
    const double limit = (1 - static_cast<double>(p)) * static_cast<double>(total);
    const std::uint64_t most = total - 1;
    if (!(limit > 0)) return 0;
    return limit < static_cast<double>(most) ? static_cast<std::uint64_t>(limit) : most;
  }
};

}  // namespace kernelgate
