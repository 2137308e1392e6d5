// Markovian RSA (spec 8.1): rounds of independent rollouts; each later round starts from the query
// and tails of the round before. Memory is bounded: a prompt does not grow with the number of
// rounds.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "reference/rsa/prompt.hpp"
#include "reference/rsa/rollout.hpp"
#include "reference/rsa/settings.hpp"

namespace kernelgate::rsa {

/// Every rollout of a round failed, so the run cannot continue.
class AllFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct RoundReport {
  std::int64_t round = 0;
  std::int64_t longest_prompt = 0;
  GenerationCost cost;
  std::vector<Rollout> rollouts;                   // by rollout, not by completion
  std::vector<std::vector<std::int64_t>> sources;  // by rollout: donors of its tails, in order

  std::int64_t failed() const;
  std::int64_t thin() const;
};

struct Result {
  Bounds bounds;
  std::vector<RoundReport> rounds;

  const std::vector<Rollout>& finals() const { return rounds.back().rollouts; }
  std::int64_t longest_prompt() const;
  std::int64_t peak_cached_tokens() const;
};

class Loop {
 public:
  /// Settings must be valid. Prompts and generator must outlive the loop.
  Loop(const Settings& settings, const Prompts& prompts, Generator& generator)
      : settings_(settings), prompts_(prompts), generator_(generator) {}

  /// Called after every round.
  using Watch = std::function<void(const RoundReport&)>;

  /// Throws AllFailed, and std::logic_error if a bound of the settings is exceeded.
  Result run(std::span<const std::int32_t> query, const Watch& watch = {});

  /// One more rollout, as round T + 1, from the tails of a finished run.
  RoundReport one_more(std::span<const std::int32_t> query, const Result& result,
                       double temperature);

 private:
  std::vector<Request> first_requests(std::span<const std::int32_t> query) const;
  std::vector<Request> next_requests(std::span<const std::int32_t> query, RoundReport& next,
                                     const std::vector<Rollout>& before, std::int64_t count) const;
  void generate(std::span<const Request> requests, RoundReport& report, const Bounds& bounds);
  Bounds bounds(std::span<const std::int32_t> query) const;

  Settings settings_;
  const Prompts& prompts_;
  Generator& generator_;
};

}  // namespace kernelgate::rsa
