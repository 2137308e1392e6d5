// Inputs of a row for the native sampling kernel, and the steps of one entry. The arithmetic is
// that of sampling_view.hpp, restated in the dialect.
#pragma once

#include <dialect.hpp>

#include "kernels/common/select/block_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// The columns of `numbers` and `integers` (sampling.hpp).
struct SamplingColumns {
  static constexpr u32 temperature = 0, min_p = 1, top_p = 2, repetition = 3, frequency = 4,
                       presence = 5, numbers = 6;
  static constexpr u32 top_k = 0, min_tokens = 1, position = 2, rollout = 3, round = 4,
                       integers = 5;
  static constexpr u32 stops = 2;
};

/// Parameters of steps 4 to 6 of a row. They are read where a step begins: held through the whole
/// kernel, they would occupy registers that no step uses.
struct SamplingPenalties {
  float temperature, repetition, frequency, presence;

  KDEV explicit SamplingPenalties(const float* numbers)
      : temperature(numbers[SamplingColumns::temperature]),
        repetition(numbers[SamplingColumns::repetition]),
        frequency(numbers[SamplingColumns::frequency]),
        presence(numbers[SamplingColumns::presence]) {}

  KDEV bool greedy() const { return temperature < 1e-5F; }

  /// Step 4 for an id that occurs in the prompt or the output.
  KDEV float penalised(float x, u32 times_in_output) const {
    x = x > 0 ? x / repetition : x * repetition;
    if (times_in_output == 0) return x;
    x -= frequency * static_cast<float>(times_in_output);
    return x - presence;
  }
  /// The division of step 6. A NaN is dropped, and -0 becomes +0, so that equal numbers have equal
  /// bits.
  KDEV float tempered(float x) const {
    const float none = k_float(0xFF800000U);
    if (!greedy()) x = x / temperature;
    return x > none ? x + 0.0F : none;
  }
};

/// Noise of step 10: first Philox word of the counter (id, position, rollout, round) under the
/// seed.
struct SamplingNoise {
  u32 position, rollout, round;
  u64 seed;

  KDEV SamplingNoise(const i32* integers, u64 row_seed)
      : position(static_cast<u32>(integers[SamplingColumns::position])),
        rollout(static_cast<u32>(integers[SamplingColumns::rollout])),
        round(static_cast<u32>(integers[SamplingColumns::round])),
        seed(row_seed) {}

  /// p / eps where it may reach `best`, else -1 without computing the logarithm: eps = -ln u is at
  /// least 1 - u, and 2^-20 exceeds the roundings of this estimate.
  KDEV float race(float best, float p, u32 id) const {
    const u32 word = k_philox(KPhilox{{id, position, rollout, round}}, seed).word[0];
    const double least = (4294967295.5 - static_cast<double>(word)) * 0x1p-32;
    if (static_cast<double>(p) * (1 + 0x1p-20) < static_cast<double>(best) * least) return -1;
    return p / static_cast<float>(k_exponential(word));
  }
};

/// Softmax weights, exp(x - largest) in [0, 1], as whole numbers of 2^-bits: their sum has the same
/// bits in every order. `bits` leaves room for a whole vocabulary of ones.
struct SamplingMass {
  u32 bits;
  float largest;

  KDEV float weight(float x) const { return x == largest ? 1.0F : k_exp(x - largest); }
  KDEV double unit() const { return static_cast<double>(static_cast<u64>(1) << bits); }
  KDEV u64 of(float x) const {
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): at most 2^bits + 0.5, which a double holds
    // exactly
    return static_cast<u64>(static_cast<double>(weight(x)) * unit() + 0.5);
  }
  KDEV u64 of(TopKEntry entry) const { return of(top_k_value<float>(entry)); }
  KDEV float to_sum(u64 total) const {
    return static_cast<float>(static_cast<double>(total) / unit());
  }
  /// The maximum cumulative mass that top-p drops: (1 - top_p) of the total, but never all of it.
  KDEV u64 dropped_by(float top_p, u64 total) const {
    const double limit = (1 - static_cast<double>(top_p)) * static_cast<double>(total);
    const u64 most = total - 1;
    if (!(limit > 0)) return 0;
    return limit < static_cast<double>(most) ? static_cast<u64>(limit) : most;
  }
};

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
