#include "harness/compare/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kernelgate::compare {
namespace {

constexpr double looks_factor = 6;
// Of a normal estimate, in standard deviations: half of a 99 % interval, and what a power of 4 in 5
// adds.
constexpr double half_interval = 2.576, four_in_five = 0.842;

double half_width(const PairedEffect& effect) { return (effect.upper - effect.lower) / 2; }

// Valid after any number of looks: if nothing differs, the probability of p_slower <= t is at most
// t. The early looks and the last look have half of it each.
Ended ended_at(const PairedEffect& effect, const Rules& rules, double factor) {
  return {answer_of(effect, rules.margin), effect, std::min(1.0, factor * effect.p_above),
          std::min(1.0, factor * effect.p_below)};
}

}  // namespace

Answer answer_of(const PairedEffect& effect, double margin) {
  if (effect.lower > 0 && effect.estimate > margin / 2) return Answer::slower;
  if (effect.upper < 0 && effect.estimate < -margin / 2) return Answer::faster;
  if (effect.lower > -margin && effect.upper < margin) return Answer::same;
  return Answer::cannot_tell;
}

double early_level(const Rules& rules) {
  return std::min((1 - rules.confidence) / 2,
                  rules.false_share / 2 / looks_factor / static_cast<double>(rules.cases));
}

bool may_end(std::span<const double> differences, const Rules& rules, Ended& ended) {
  const auto rounds = static_cast<std::int64_t>(differences.size());
  const bool last = rounds >= rules.last_look;
  const bool look =
      rounds >= rules.first_look && (rounds - rules.first_look) % rules.look_every == 0;
  if (!look && !last) return false;
  const PairedEffect effect = paired_effect(differences, rules.confidence);
  ended = ended_at(effect, rules, last ? 2 : 2 * looks_factor);
  if (last || ended.answer == Answer::same) return true;
  const double p = ended.answer == Answer::slower   ? effect.p_above
                   : ended.answer == Answer::faster ? effect.p_below
                                                    : 1;
  return p <= early_level(rules);
}

Ended end_now(std::span<const double> differences, const Rules& rules) {
  return ended_at(paired_effect(differences, rules.confidence), rules, 2);
}

std::vector<bool> findings(std::span<const double> p, double false_share) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::size_t found = 0;  // the largest k with p(k) <= k q / m
  for (std::size_t k = 1; k <= order.size(); ++k) {
    const double allowed = false_share * static_cast<double>(k) / static_cast<double>(order.size());
    if (p[order[k - 1]] <= allowed * (1 + 1e-12)) found = k;
  }
  std::vector<bool> is(p.size(), false);
  for (std::size_t k = 0; k < found; ++k) is[order[k]] = true;
  return is;
}

std::vector<Answer> correct_for_many(std::span<const Ended> cases, const Rules& rules) {
  // A case whose own interval shows no effect is not a candidate for a finding.
  std::vector<double> slower, faster;
  for (const Ended& c : cases) {
    slower.push_back(c.answer == Answer::slower ? c.p_slower : 1);
    faster.push_back(c.answer == Answer::faster ? c.p_faster : 1);
  }
  const std::vector<bool> is_slower = findings(slower, rules.false_share);
  const std::vector<bool> is_faster = findings(faster, rules.false_share);
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const bool stays = cases[i].answer == Answer::same || is_slower[i] || is_faster[i];
    answers.push_back(stays ? cases[i].answer : Answer::cannot_tell);
  }
  return answers;
}

double smallest_visible(const PairedEffect& same_code, const Rules& rules, std::int64_t rounds) {
  if (!std::isfinite(half_width(same_code)) || rounds <= 0) {
    return std::numeric_limits<double>::infinity();
  }
  const double shrink =
      std::sqrt(static_cast<double>(same_code.pairs) / static_cast<double>(rounds));
  const double seen =
      half_width(same_code) * shrink * (half_interval + four_in_five) / half_interval;
  return std::max(seen, rules.margin / 2);
}

std::int64_t rounds_needed(const PairedEffect& effect, double size) {
  const double ratio = half_width(effect) / size;
  const double rounds = static_cast<double>(effect.pairs) * ratio * ratio;
  if (!(rounds < 1e9)) return 1'000'000'000;
  return std::max<std::int64_t>(10, static_cast<std::int64_t>(std::ceil(rounds)));
}

}  // namespace kernelgate::compare
