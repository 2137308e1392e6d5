#include "harness/compare/power.hpp"

#include <algorithm>
#include <cmath>
#include <istream>
#include <sstream>
#include <stdexcept>

namespace kernelgate::compare {

double statistic_of(std::vector<double> samples, Statistic statistic) {
  if (samples.empty()) throw std::invalid_argument("no samples of a process");
  std::sort(samples.begin(), samples.end());
  const double share = statistic == Statistic::minimum          ? 0.0
                       : statistic == Statistic::lower_quartile ? 0.25
                                                                : 0.5;
  const double place = share * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (place - static_cast<double>(below)) * (samples[above] - samples[below]);
}

std::vector<Series> read_series(std::istream& text) {
  std::vector<Series> all;
  std::int64_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    std::istringstream words(line);
    std::string variant;
    std::int64_t round = 0;
    if (!(words >> variant)) continue;
    words >> round;
    std::vector<double> samples;
    for (double sample = 0; words >> sample;) samples.push_back(sample);
    if (samples.empty() || !words.eof()) {
      throw std::invalid_argument("line " + std::to_string(number) +
                                  ": expected a variant, its round and samples, got '" +
                                  line.substr(0, 40) + "'");
    }
    auto at =
        std::find_if(all.begin(), all.end(), [&](const Series& s) { return s.variant == variant; });
    if (at == all.end()) at = all.insert(all.end(), Series{variant, {}});
    at->rounds.push_back(std::move(samples));
  }
  return all;
}

const Series& find(const std::vector<Series>& all, std::string_view variant) {
  for (const Series& series : all) {
    if (series.variant == variant) return series;
  }
  throw std::invalid_argument("no series of the variant " + std::string(variant));
}

std::vector<double> log_ratios(const Series& baseline, const Series& candidate,
                               Statistic statistic) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < std::min(baseline.rounds.size(), candidate.rounds.size()); ++i) {
    differences.push_back(std::log(statistic_of(candidate.rounds[i], statistic) /
                                   statistic_of(baseline.rounds[i], statistic)));
  }
  return differences;
}

Power power_of(const std::vector<double>& differences, std::int64_t window, const Rule& rule) {
  Power power;
  const auto length = static_cast<std::size_t>(window);
  for (std::size_t first = 0; first + length <= differences.size(); ++first) {
    const Ended ended = rule(std::span(differences).subspan(first));
    ++power.windows;
    power.slower += ended.answer == Answer::slower;
    power.same += ended.answer == Answer::same;
    power.faster += ended.answer == Answer::faster;
    power.cannot_tell += ended.answer == Answer::cannot_tell;
    power.mean_rounds += static_cast<double>(ended.effect.pairs);
  }
  if (power.windows == 0) return power;
  for (double* share :
       {&power.slower, &power.same, &power.faster, &power.cannot_tell, &power.mean_rounds}) {
    *share /= static_cast<double>(power.windows);
  }
  return power;
}

Rule adaptive(const Rules& rules) {
  return [rules](std::span<const double> differences) {
    Ended ended;
    for (std::size_t rounds = 1; rounds <= differences.size(); ++rounds) {
      if (!may_end(differences.first(rounds), rules, ended)) continue;
      // The other cases are not findings, so this one must pass the strictest threshold.
      const double allowed = rules.false_share / static_cast<double>(rules.cases);
      const bool lone = (ended.answer == Answer::slower && ended.p_slower > allowed) ||
                        (ended.answer == Answer::faster && ended.p_faster > allowed);
      if (lone) ended.answer = Answer::cannot_tell;
      return ended;
    }
    return end_now(differences, rules);
  };
}

}  // namespace kernelgate::compare
