// A second implementation of RSA, from the pseudo-code of spec 8.1, one rollout at a time, with the
// selectable seeded bugs of spec 12.6 that tests must detect.
#pragma once

#include <span>
#include <vector>

#include "reference/rsa/generation.hpp"
#include "reference/rsa/prompt.hpp"

namespace kernelgate::rsa {

enum class LoopFault {
  none,
  tail_in_bytes,        // S4: tau bytes of the tokens' text
  tail_from_the_start,  // the first tau tokens instead of the last
  short_tail_dropped,   // a reasoning shorter than tau is not carried at all
  answer_carried,       // a tail of all tokens instead of the reasoning
  prompt_grows,         // S5: a round's query is the previous round's prompt
  twins,                // tails drawn with repetition
  one_subset,           // the same subset for every rollout of a round
  completion_order,     // population in the order in which rollouts ended
  failed_carried,       // S7: a failed rollout's tokens are carried on
  failed_shrinks,       // S7: the next round has only as many rollouts as succeeded
  failed_ignored,       // a round in which all rollouts failed continues with nothing
  final_budget_always,  // beta_final in every round
  final_budget_never,   // beta in the last round too
  one_round_less,       // T counts all rounds
};

/// Final rollouts in population order; throws AllFailed as the loop does.
std::vector<Rollout> witness_loop(const Settings& settings, const Prompts& prompts,
                                  std::span<const std::int32_t> query, Generator& generator,
                                  LoopFault fault);

/// Length in bytes of a token's text in `tail_in_bytes`: 1 to 4.
std::int64_t bytes_of(std::int32_t token);

enum class GenerationFault {
  none,
  no_answer,         // S9: cut at the budget, no marker, no answer
  marker_not_fed,    // the marker is among the tokens but is never fed to the model
  marker_uncounted,  // the marker does not count towards the budget
  eos_ignored,
  beta_ignored,      // reasoning continues to the limit of all tokens
  position_of_all,   // the counter's position includes the prompt
  slot_for_rollout,  // the counter's rollout is the slot
  last_token_fed_twice,
  no_reset,
};

/// Generates the rollouts of a round one by one; request i uses slot i.
std::vector<Rollout> witness_generate(SequenceEngine& engine, const GenerationRules& rules,
                                      std::span<const Request> requests, GenerationFault fault);

}  // namespace kernelgate::rsa
