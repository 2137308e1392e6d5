#include "reference/rsa/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "harness/core/error.hpp"

namespace kernelgate::rsa {
namespace {

void require(bool holds, std::string_view option, std::string_view expected, const auto& got) {
  if (holds) return;
  throw BadInput(fmt::format("rsa: {}: expected {}, got {}", option, expected, got));
}

void require_range(std::string_view option, std::int64_t value, std::int64_t least,
                   std::int64_t most) {
  require(value >= least && value <= most, option, fmt::format("{} to {}", least, most), value);
}

void require_id(std::string_view option, const std::optional<std::int32_t>& id,
                std::int64_t vocab_size) {
  if (id) require_range(option, *id, 0, vocab_size - 1);
}

void validate_sampling(const Sampling& s, std::int64_t vocab_size) {
  // Written so that a NaN is rejected.
  require(s.temperature >= 0 && std::isfinite(s.temperature), "--temperature",
          "a finite number from 0 (greedy) on", s.temperature);
  require(s.min_p >= 0 && s.min_p <= 1, "--min-p", "0 (off) to 1", s.min_p);
  require(s.top_p >= 0 && s.top_p <= 1, "--top-p", "0 to 1 (off)", s.top_p);
  require_range("--top-k", s.top_k, 0, max_tokens);
  require_range("--valid", s.valid, 0, vocab_size);
}

}  // namespace

std::int64_t default_answer(std::int64_t beta_final) {
  return std::max<std::int64_t>(2, beta_final / 4);
}

void validate(const Settings& s, std::int64_t vocab_size) {
  require_range("--n", s.population, 1, max_rollouts);
  require_range("--c", s.tails, 1, max_rollouts);
  require(s.tails <= s.population, "--c",
          fmt::format("at most --n {}, tails are drawn without repetition", s.population), s.tails);
  require_range("--t", s.rounds, 0, max_rounds);
  require_range("--tau", s.tau, 1, max_tokens);
  require_range("--beta", s.beta, 1, max_tokens);
  require(s.beta >= s.tau, "--beta",
          fmt::format("at least --tau {}: a tail is cut from that reasoning", s.tau), s.beta);
  require_range("--beta-final", s.beta_final, 1, max_tokens);
  require(s.rounds > 0 || s.beta_final == s.beta, "--beta-final",
          fmt::format("--beta {} or nothing: with --t 0 no round but round 0 is run", s.beta),
          s.beta_final);
  for (const std::int32_t id : s.eos) require_id("--eos", id, vocab_size);
  require_id("--end-of-think", s.end_of_think, vocab_size);
  if (s.end_of_think) {
    require(std::find(s.eos.begin(), s.eos.end(), *s.end_of_think) == s.eos.end(), "--end-of-think",
            "another id than --eos", *s.end_of_think);
    require(s.answer >= 2 && s.answer < s.beta_final, "--answer",
            fmt::format("2 (the marker and one token) to {}, below --beta-final",
                        std::max<std::int64_t>(2, s.beta_final - 1)),
            s.answer);
  }
  validate_sampling(s.sampling, vocab_size);
}

Budget budget_of(const Settings& s, std::int64_t round) {
  if (round < s.rounds) return {.reasoning = s.beta, .tokens = s.beta};
  // With T = 0, round 0 is the last one, and beta_final = beta.
  return {.reasoning = s.end_of_think ? s.beta_final - s.answer : s.beta_final,
          .tokens = s.beta_final};
}

Bounds bounds_of(const Settings& s, std::int64_t query_tokens, std::int64_t template_tokens) {
  Bounds bounds;
  bounds.prompt_tokens = query_tokens + template_tokens + (s.rounds > 0 ? s.tails * s.tau : 0);
  bounds.cached_tokens = s.population * (bounds.prompt_tokens + std::max(s.beta, s.beta_final));
  return bounds;
}

}  // namespace kernelgate::rsa
