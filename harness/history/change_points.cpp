#include "harness/history/change_points.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/random.hpp"

namespace kernelgate::history {
namespace {

double median_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/// A segment with its best split and the probability of that split by chance.
struct Judged {
  std::size_t from = 0, to = 0;
  Split split;
  double chance = 1;
};

// Probability that a random permutation of the values has a split at least as good. Stops once it
// exceeds the allowed chance, because most segments contain no change.
double chance_of(std::span<const double> values, double distance, const ChangeRules& rules,
                 std::uint64_t key) {
  std::vector<double> drawn(values.begin(), values.end());
  const double total = static_cast<double>(rules.permutations + 1);
  std::int64_t as_good = 0;
  std::uint64_t counter = 0;
  for (std::int64_t i = 0; i < rules.permutations; ++i) {
    for (std::size_t left = drawn.size(); left > 1; --left) {
      std::swap(drawn[left - 1], drawn[word_at(key, counter++) % left]);
    }
    as_good += best_split(drawn, rules.min_segment).distance >= distance;
    if (static_cast<double>(as_good + 1) / total > rules.chance) break;
  }
  return static_cast<double>(as_good + 1) / total;
}

Judged judge(std::span<const double> logs, std::size_t from, std::size_t to,
             const ChangeRules& rules) {
  Judged segment{from, to, {}, 1};
  const auto values = logs.subspan(from, to - from);
  segment.split = best_split(values, rules.min_segment);
  if (!(segment.split.distance > 0)) return segment;
  const std::uint64_t key = mix64(rules.seed) + from * 0x10001 + to;
  segment.chance = chance_of(values, segment.split.distance, rules, key);
  return segment;
}

// Appends the changes within values `from` to `to` of the series.
void split_all(std::span<const double> logs, std::size_t from, std::size_t to,
               const ChangeRules& rules, std::vector<ChangePoint>& changes) {
  std::vector<Judged> open{judge(logs, from, to, rules)};
  while (!open.empty()) {
    const Judged segment = open.back();
    open.pop_back();
    if (segment.chance > rules.chance) continue;
    const std::size_t at = segment.from + segment.split.first;
    changes.push_back({at, 0, 0, segment.chance});
    open.push_back(judge(logs, segment.from, at, rules));
    open.push_back(judge(logs, at, segment.to, rules));
  }
}

// Sorts the changes. Of changes closer than `min_segment` (found by two windows) keeps the most
// significant.
std::vector<ChangePoint> joined(std::vector<ChangePoint> changes, std::int64_t min_segment) {
  std::stable_sort(changes.begin(), changes.end(), [](const ChangePoint& a, const ChangePoint& b) {
    return a.chance != b.chance ? a.chance < b.chance : a.first < b.first;
  });
  std::vector<ChangePoint> kept;
  for (const ChangePoint& change : changes) {
    const bool known = std::any_of(kept.begin(), kept.end(), [&](const ChangePoint& other) {
      const std::size_t apart =
          std::max(change.first, other.first) - std::min(change.first, other.first);
      return apart < static_cast<std::size_t>(min_segment);
    });
    if (!known) kept.push_back(change);
  }
  std::sort(kept.begin(), kept.end(),
            [](const ChangePoint& a, const ChangePoint& b) { return a.first < b.first; });
  return kept;
}

// Sets the levels on either side of each change.
void set_levels(std::span<const double> times, std::vector<ChangePoint>& changes) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::size_t from = i == 0 ? 0 : changes[i - 1].first;
    const std::size_t to = i + 1 == changes.size() ? times.size() : changes[i + 1].first;
    changes[i].before = median_of(times.subspan(from, changes[i].first - from));
    changes[i].after = median_of(times.subspan(changes[i].first, to - changes[i].first));
  }
}

double size_of(const ChangePoint& change) {
  return std::abs(std::log(change.after / change.before));
}

}  // namespace

Split best_split(std::span<const double> values, std::int64_t min_segment) {
  const std::size_t n = values.size();
  const auto least = static_cast<std::size_t>(std::max<std::int64_t>(2, min_segment));
  if (n < 2 * least) return {};
  // Sums of distances within the left side, within the right side, and of all pairs.
  double left = 0, right = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) right += std::abs(values[i] - values[j]);
  }
  const double all = right;
  Split best;
  for (std::size_t first = 1; first + least <= n; ++first) {
    const double moved = values[first - 1];
    for (std::size_t i = 0; i + 1 < first; ++i) left += std::abs(values[i] - moved);
    for (std::size_t j = first; j < n; ++j) right -= std::abs(moved - values[j]);
    if (first < least) continue;
    const double m = static_cast<double>(first), k = static_cast<double>(n - first);
    const double across = all - left - right;
    const double distance =
        m * k / (m + k) *
        (2 * across / (m * k) - 2 * left / (m * (m - 1)) - 2 * right / (k * (k - 1)));
    if (distance > best.distance) best = {first, distance};
  }
  return best;
}

std::vector<ChangePoint> change_points(std::span<const double> times, const ChangeRules& rules) {
  std::vector<double> logs;
  for (const double t : times) logs.push_back(std::log(t));
  std::vector<ChangePoint> changes;
  const std::size_t n = logs.size();
  const auto window = static_cast<std::size_t>(
      rules.window > 0 ? std::max(rules.window, 4 * rules.min_segment) : 0);
  if (window == 0 || n <= window) {
    split_all(logs, 0, n, rules, changes);
  } else {
    std::size_t from = 0;
    for (; from + window < n; from += window / 2) {
      split_all(logs, from, from + window, rules, changes);
    }
    split_all(logs, n - window, n, rules, changes);
  }
  changes = joined(std::move(changes), rules.min_segment);
  set_levels(times, changes);
  while (!changes.empty()) {
    const auto least = std::min_element(
        changes.begin(), changes.end(),
        [](const ChangePoint& a, const ChangePoint& b) { return size_of(a) < size_of(b); });
    if (size_of(*least) >= rules.magnitude) break;
    changes.erase(least);
    set_levels(times, changes);
  }
  return changes;
}

}  // namespace kernelgate::history
