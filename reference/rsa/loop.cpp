#include "reference/rsa/loop.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reference/rsa/subset.hpp"

namespace kernelgate::rsa {
namespace {

// The rollouts that did not fail, in rollout order; only these are carried to the next round.
std::vector<std::int64_t> survivors(const std::vector<Rollout>& rollouts) {
  std::vector<std::int64_t> kept;
  for (std::int64_t n = 0; n < std::ssize(rollouts); ++n) {
    if (rollouts[static_cast<std::size_t>(n)].finish != Finish::failed) kept.push_back(n);
  }
  return kept;
}

void require_bound(const char* what, std::int64_t round, std::int64_t got, std::int64_t most) {
  if (got <= most) return;
  throw std::logic_error(
      fmt::format("rsa: round {}: {} is {}, expected at most {}", round, what, got, most));
}

}  // namespace

std::int64_t RoundReport::failed() const {
  return std::ssize(rollouts) - std::ssize(survivors(rollouts));
}

std::int64_t RoundReport::thin() const {
  std::int64_t sum = 0;
  for (const Rollout& rollout : rollouts) sum += rollout.thin;
  return sum;
}

std::int64_t Result::longest_prompt() const {
  std::int64_t longest = 0;
  for (const RoundReport& round : rounds) longest = std::max(longest, round.longest_prompt);
  return longest;
}

std::int64_t Result::peak_cached_tokens() const {
  std::int64_t peak = 0;
  for (const RoundReport& round : rounds) peak = std::max(peak, round.cost.peak_cached_tokens);
  return peak;
}

Bounds Loop::bounds(std::span<const std::int32_t> query) const {
  return bounds_of(settings_, std::ssize(query), prompts_.template_tokens(settings_.tails));
}

std::vector<Request> Loop::first_requests(std::span<const std::int32_t> query) const {
  std::vector<Request> requests;
  requests.reserve(static_cast<std::size_t>(settings_.population));
  for (std::int64_t n = 0; n < settings_.population; ++n) {
    requests.push_back({.round = 0,
                        .rollout = n,
                        .prompt = prompts_.plain(query),
                        .budget = budget_of(settings_, 0),
                        .sampling = settings_.sampling});
  }
  return requests;
}

std::vector<Request> Loop::next_requests(std::span<const std::int32_t> query, RoundReport& next,
                                         const std::vector<Rollout>& before,
                                         std::int64_t count) const {
  const std::vector<std::int64_t> alive = survivors(before);
  const std::int64_t tails = std::min(settings_.tails, std::ssize(alive));
  std::vector<Request> requests;
  for (std::int64_t n = 0; n < count; ++n) {
    std::vector<Prompts::Tail> chosen;
    std::vector<std::int64_t> sources;
    const SubsetKey key{settings_.seed, next.round, n};
    for (const std::int64_t i : draw_subset(key, std::ssize(alive), tails)) {
      sources.push_back(alive[static_cast<std::size_t>(i)]);
      chosen.push_back(tail_of(before[static_cast<std::size_t>(sources.back())], settings_.tau));
    }
    next.sources.push_back(std::move(sources));
    requests.push_back({.round = next.round,
                        .rollout = n,
                        .prompt = prompts_.aggregate(query, chosen),
                        .budget = budget_of(settings_, next.round),
                        .sampling = settings_.sampling});
  }
  return requests;
}

void Loop::generate(std::span<const Request> requests, RoundReport& report, const Bounds& bounds) {
  for (const Request& request : requests) {
    report.longest_prompt = std::max(report.longest_prompt, std::ssize(request.prompt));
  }
  require_bound("the longest prompt", report.round, report.longest_prompt, bounds.prompt_tokens);
  std::vector<std::optional<Rollout>> ended(requests.size());
  generator_.generate(requests, [&](std::size_t place, Rollout rollout) {
    if (place >= ended.size() || ended[place]) {
      throw std::logic_error(fmt::format(
          "rsa: round {}: rollout {} ended twice or was not asked for", report.round, place));
    }
    require_bound("a rollout's length", report.round, std::ssize(rollout.tokens),
                  requests[place].budget.tokens);
    ended[place] = std::move(rollout);
  });
  std::string failures;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    if (!ended[i]) {
      throw std::logic_error(fmt::format("rsa: round {}: rollout {} never ended", report.round, i));
    }
    report.rollouts.push_back(std::move(*ended[i]));
    if (report.rollouts.back().finish == Finish::failed && failures.size() < 400) {
      failures += fmt::format("\n  rollout {}: {}", i, report.rollouts.back().failure);
    }
  }
  report.cost = generator_.cost();
  require_bound("the peak of cached tokens", report.round, report.cost.peak_cached_tokens,
                bounds.cached_tokens);
  if (report.failed() == std::ssize(report.rollouts)) {
    throw AllFailed(fmt::format("rsa: round {}: all {} rollouts failed{}", report.round,
                                report.rollouts.size(), failures));
  }
}

Result Loop::run(std::span<const std::int32_t> query, const Watch& watch) {
  Result result;
  result.bounds = bounds(query);
  for (std::int64_t round = 0; round <= settings_.rounds; ++round) {
    RoundReport report;
    report.round = round;
    const std::vector<Request> requests =
        round == 0 ? first_requests(query)
                   : next_requests(query, report, result.finals(), settings_.population);
    generate(requests, report, result.bounds);
    if (watch) watch(report);
    result.rounds.push_back(std::move(report));
  }
  return result;
}

RoundReport Loop::one_more(std::span<const std::int32_t> query, const Result& result,
                           double temperature) {
  RoundReport report;
  report.round = settings_.rounds + 1;
  std::vector<Request> requests = next_requests(query, report, result.finals(), 1);
  requests.front().sampling.temperature = temperature;
  requests.front().budget = budget_of(settings_, settings_.rounds);
  // With T = 0 the run's own prompts had no tails, but this rollout's prompt has.
  Settings aggregating = settings_;
  aggregating.rounds = std::max<std::int64_t>(1, settings_.rounds);
  generate(requests, report,
           bounds_of(aggregating, std::ssize(query), prompts_.template_tokens(settings_.tails)));
  return report;
}

}  // namespace kernelgate::rsa
