#include "harness/compare/signed_rank.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "harness/core/random.hpp"

namespace kernelgate::compare {
namespace {

constexpr std::int64_t max_exact = 100;
constexpr double infinite = std::numeric_limits<double>::infinity();

// P(W >= w) for w = 0 .. n (n + 1) / 2: rank i is in the sum or not, each with probability 1/2.
std::vector<double> tail_of(std::int64_t n) {
  const auto most = static_cast<std::size_t>(n * (n + 1) / 2);
  std::vector<double> chance(most + 1, 0.0);
  chance[0] = 1;
  for (std::size_t rank = 1; rank <= static_cast<std::size_t>(n); ++rank) {
    for (std::size_t sum = most + 1; sum-- > 0;) {
      chance[sum] = (chance[sum] + (sum >= rank ? chance[sum - rank] : 0.0)) / 2;
    }
  }
  for (std::size_t sum = most; sum-- > 0;) chance[sum] += chance[sum + 1];
  return chance;
}

double normal_tail(double n, double w) {
  const double mean = n * (n + 1) / 4;
  const double deviation = std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
  return std::erfc((w - 0.5 - mean) / deviation / std::sqrt(2.0)) / 2;
}

std::vector<double> walsh_averages(std::span<const double> differences) {
  std::vector<double> averages;
  averages.reserve(differences.size() * (differences.size() + 1) / 2);
  for (std::size_t i = 0; i < differences.size(); ++i) {
    for (std::size_t j = i; j < differences.size(); ++j) {
      averages.push_back((differences[i] + differences[j]) / 2);
    }
  }
  std::sort(averages.begin(), averages.end());
  return averages;
}

double median_of_sorted(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

struct Moments {
  double mean = 0, error = 0;  // of the mean
};

Moments moments_of(std::span<const double> values) {
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

}  // namespace

double signed_rank_tail(std::int64_t n, std::int64_t w) {
  const std::int64_t most = n * (n + 1) / 2;
  if (w <= 0) return 1;
  if (w > most) return 0;
  if (n > max_exact) return normal_tail(static_cast<double>(n), static_cast<double>(w));
  thread_local std::vector<std::vector<double>> tails(max_exact + 1);
  auto& tail = tails[static_cast<std::size_t>(n)];
  if (tail.empty()) tail = tail_of(n);
  return tail[static_cast<std::size_t>(w)];
}

PairedEffect paired_effect(std::span<const double> differences, double confidence) {
  PairedEffect effect;
  effect.pairs = static_cast<std::int64_t>(differences.size());
  effect.lower = -infinite;
  effect.upper = infinite;
  if (differences.empty()) return effect;
  const std::vector<double> walsh = walsh_averages(differences);
  const auto count = static_cast<std::int64_t>(walsh.size());
  effect.estimate = median_of_sorted(walsh);
  const auto not_above = std::upper_bound(walsh.begin(), walsh.end(), 0.0) - walsh.begin();
  const auto below = std::lower_bound(walsh.begin(), walsh.end(), 0.0) - walsh.begin();
  effect.p_above = signed_rank_tail(effect.pairs, count - not_above);
  effect.p_below = signed_rank_tail(effect.pairs, below);
  // Leaves out as many averages at either end as the confidence allows.
  const double outside = (1 - confidence) / 2 * (1 + 1e-12);
  std::int64_t left_out = 0;
  while (left_out < count / 2 && signed_rank_tail(effect.pairs, count - left_out) <= outside) {
    ++left_out;
  }
  if (left_out > 0) {
    effect.lower = walsh[static_cast<std::size_t>(left_out - 1)];
    effect.upper = walsh[static_cast<std::size_t>(count - left_out)];
  }
  return effect;
}

Interval bootstrap_interval(std::span<const double> differences, double confidence,
                            std::uint64_t seed) {
  if (differences.size() < 4) return {-infinite, infinite};
  constexpr std::size_t draws = 1999;
  const Moments own = moments_of(differences);
  if (own.error == 0) return {own.mean, own.mean};
  std::vector<double> students;
  std::vector<double> drawn(differences.size());
  std::uint64_t counter = 0;
  for (std::size_t i = 0; i < draws; ++i) {
    for (double& value : drawn) value = differences[word_at(seed, counter++) % drawn.size()];
    const Moments m = moments_of(drawn);
    if (m.error > 0) students.push_back((m.mean - own.mean) / m.error);
  }
  if (students.empty()) return {-infinite, infinite};
  std::sort(students.begin(), students.end());
  const auto at = [&](double q) {
    return students[static_cast<std::size_t>(
        std::lround(q * static_cast<double>(students.size() - 1)))];
  };
  const double outside = (1 - confidence) / 2;
  return {own.mean - at(1 - outside) * own.error, own.mean - at(outside) * own.error};
}

}  // namespace kernelgate::compare
