// Noise for tests: heavy tails like those of a shared machine, a function of the seed.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "harness/core/random.hpp"

namespace kernelgate::compare::synthetic {

/// `rounds` draws of scale `scale`, symmetric around `centre`; about one in ten is ten times as
/// large.
inline std::vector<double> heavy_noise(std::uint64_t seed, std::int64_t rounds, double scale,
                                       double centre = 0) {
  std::vector<double> noise;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(rounds); ++i) {
    const double u = std::ldexp(static_cast<double>(word_at(seed, 3 * i) >> 11) + 0.5, -53);
    const double wide = word_at(seed, 3 * i + 1) % 10 == 0 ? 10 : 1;
    const double sign = word_at(seed, 3 * i + 2) % 2 == 0 ? 1 : -1;
    noise.push_back(centre - sign * wide * scale * std::log(u));
  }
  return noise;
}

}  // namespace kernelgate::compare::synthetic
