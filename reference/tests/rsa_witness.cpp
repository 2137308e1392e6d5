#include "reference/tests/rsa_witness.hpp"

#include <algorithm>

#include "reference/rsa/loop.hpp"
#include "reference/rsa/subset.hpp"

namespace kernelgate::rsa {
namespace {

using Ids = std::vector<std::int32_t>;

Ids carried(const Rollout& r, const Settings& s, LoopFault fault) {
  Ids from(r.tokens.begin(), r.tokens.begin() + r.reasoning);
  if (fault == LoopFault::answer_carried) from = r.tokens;
  const auto tau = static_cast<std::size_t>(s.tau);
  if (fault == LoopFault::short_tail_dropped && from.size() < tau) return {};
  if (fault == LoopFault::tail_in_bytes) {
    std::int64_t bytes = 0;
    std::size_t first = from.size();
    while (first > 0 && bytes + bytes_of(from[first - 1]) <= s.tau)
      bytes += bytes_of(from[--first]);
    return {from.begin() + static_cast<std::ptrdiff_t>(first), from.end()};
  }
  if (from.size() > tau) {
    if (fault == LoopFault::tail_from_the_start) {
      from.resize(tau);
    } else {
      from.erase(from.begin(), from.end() - s.tau);
    }
  }
  return from;
}

}  // namespace

std::int64_t bytes_of(std::int32_t token) { return 1 + token % 4; }

std::vector<Rollout> witness_loop(const Settings& s, const Prompts& prompts,
                                  std::span<const std::int32_t> query, Generator& generator,
                                  LoopFault fault) {
  Ids x(query.begin(), query.end());
  std::vector<Ids> population;
  const std::int64_t last = fault == LoopFault::one_round_less ? s.rounds - 1 : s.rounds;
  std::size_t width = static_cast<std::size_t>(s.population);
  for (std::int64_t t = 0;; ++t) {
    std::vector<Request> requests;
    for (std::size_t n = 0; n < width; ++n) {
      Ids prompt = prompts.plain(x);
      if (t > 0) {
        const auto count = std::min(s.tails, static_cast<std::int64_t>(population.size()));
        const auto who = fault == LoopFault::one_subset ? 0 : static_cast<std::int64_t>(n);
        std::vector<Ids> chosen;
        for (const std::int64_t i :
             draw_subset({s.seed, t, who}, static_cast<std::int64_t>(population.size()), count)) {
          chosen.push_back(population[static_cast<std::size_t>(i)]);
        }
        if (fault == LoopFault::twins) chosen.back() = chosen.front();
        prompt = prompts.aggregate(x, chosen);
      }
      const bool final_budget = fault == LoopFault::final_budget_always ||
                                (t == s.rounds && fault != LoopFault::final_budget_never);
      Budget budget{s.beta, s.beta};
      if (final_budget) budget = budget_of(s, s.rounds);
      requests.push_back({t, static_cast<std::int64_t>(n), std::move(prompt), budget, s.sampling});
    }
    if (fault == LoopFault::prompt_grows) x = requests.front().prompt;
    std::vector<Rollout> ended(requests.size());
    std::vector<std::size_t> order;
    generator.generate(requests, [&](std::size_t place, Rollout rollout) {
      ended[place] = std::move(rollout);
      order.push_back(place);
    });
    if (fault == LoopFault::completion_order) {
      std::vector<Rollout> by_end;
      by_end.reserve(order.size());
      for (const std::size_t place : order) by_end.push_back(ended[place]);
      ended = by_end;
    }
    population.clear();
    for (const Rollout& r : ended) {
      if (r.finish == Finish::failed && fault != LoopFault::failed_carried) continue;
      population.push_back(carried(r, s, fault));
    }
    if (population.empty() && fault != LoopFault::failed_ignored) throw AllFailed("all failed");
    if (fault == LoopFault::failed_shrinks) width = population.size();
    if (t == last) return ended;
  }
}

std::vector<Rollout> witness_generate(SequenceEngine& engine, const GenerationRules& rules,
                                      std::span<const Request> requests, GenerationFault fault) {
  using F = GenerationFault;
  std::vector<Rollout> all;
  for (std::size_t slot = 0; slot < requests.size(); ++slot) {
    const Request& request = requests[slot];
    const auto at = static_cast<std::int64_t>(slot);
    if (fault != F::no_reset) engine.reset(at);
    engine.feed(at, request.prompt);
    Rollout r;
    std::int64_t cut = request.budget.reasoning, most = request.budget.tokens;
    if (fault == F::beta_ignored) cut = most;
    if (fault == F::no_answer) most = cut;
    bool thinking = true;
    while (static_cast<std::int64_t>(r.tokens.size()) < most) {
      SampledToken next;
      const bool force =
          thinking && cut < most && static_cast<std::int64_t>(r.tokens.size()) == cut;
      if (force) {
        next.token = *rules.end_of_think;
        r.forced = true;
        if (fault == F::marker_uncounted) ++most;
      } else {
        auto position = r.tokens.size();
        if (fault == F::position_of_all) position += request.prompt.size();
        const SampleRequest asked{
            at,
            request.sampling,
            rules.seed,
            static_cast<std::uint32_t>(position),
            static_cast<std::uint32_t>(fault == F::slot_for_rollout ? at : request.rollout),
            static_cast<std::uint32_t>(request.round)};
        engine.sample({&asked, 1}, {&next, 1});
      }
      if (next.token < 0) {
        r.finish = Finish::failed;
        break;
      }
      r.tokens.push_back(next.token);
      r.thin += next.thin;
      const bool ends =
          std::find(rules.eos.begin(), rules.eos.end(), next.token) != rules.eos.end();
      if (ends && fault != F::eos_ignored) {
        r.finish = Finish::eos;
        break;
      }
      if (thinking && next.token == rules.end_of_think) {
        thinking = false;
        r.finish = Finish::end_of_think;
        if (request.budget.reasoning == request.budget.tokens) break;
        r.finish = Finish::budget;
      } else if (thinking) {
        ++r.reasoning;
      }
      if (force && fault == F::marker_not_fed) continue;
      const SlotToken fed{at, next.token};
      engine.step({&fed, 1});
      if (fault == F::last_token_fed_twice) engine.step({&fed, 1});
    }
    all.push_back(std::move(r));
  }
  return all;
}

}  // namespace kernelgate::rsa
