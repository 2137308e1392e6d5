#include "reference/rsa/choice.hpp"

namespace kernelgate::rsa {

std::optional<std::string> Choice::answer() const {
  if (extra_answer) return extra_answer;
  if (vote) return vote->answer;
  return std::nullopt;
}

Choice choose(Loop& loop, const Result& result, std::span<const std::int32_t> query,
              Selection selection, const Decode& decode) {
  constexpr double cooler = 0.3;
  Choice choice;
  if (selection == Selection::none) return choice;
  std::vector<Candidate> candidates;
  for (const Rollout& rollout : result.finals()) {
    candidates.push_back({rollout.finish, last_boxed(decode(rollout.tokens))});
  }
  choice.vote = majority(candidates);
  if (selection == Selection::majority || (choice.vote && choice.vote->voters >= 2)) return choice;
  choice.extra = loop.one_more(query, result, cooler);
  choice.extra_answer = last_boxed(decode(choice.extra->rollouts.front().tokens));
  return choice;
}

}  // namespace kernelgate::rsa
