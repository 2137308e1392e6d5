#include "harness/model/rsa_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/report/text.hpp"
#include "harness/timing/time_summary.hpp"
#include "reference/rsa/selection.hpp"

namespace kernelgate {
namespace {

using rsa::Finish;
using rsa::RoundReport;

void append(std::vector<TimedSpan>& to, const std::vector<TimedSpan>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

rsa::GenerationCost total_cost(const rsa::Result& result) {
  rsa::GenerationCost sum;
  for (const RoundReport& round : result.rounds) {
    sum.prompt_tokens += round.cost.prompt_tokens;
    sum.generated_tokens += round.cost.generated_tokens;
    append(sum.prefills, round.cost.prefills);
    append(sum.decodes, round.cost.decodes);
    append(sum.draws, round.cost.draws);
  }
  return sum;
}

// Counts of the rollouts' ends: "14 budget, 2 eos".
std::string ends(const RoundReport& round) {
  std::string words;
  for (const Finish finish : {Finish::eos, Finish::end_of_think, Finish::budget, Finish::failed}) {
    const auto count = std::count_if(round.rollouts.begin(), round.rollouts.end(),
                                     [&](const rsa::Rollout& r) { return r.finish == finish; });
    if (count > 0) words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count, name(finish));
  }
  return words;
}

double seconds_of_all(const std::vector<TimedSpan>& spans) {
  double sum = 0;
  for (const TimedSpan& span : spans) sum += span.seconds;
  return sum;
}

// Total time of each phase, then the median of its samples. Disturbed samples count in the totals,
// but not in the medians.
std::string time_lines(const rsa::GenerationCost& cost) {
  std::string all, each;
  DisturbedCount disturbed;
  const auto add = [&](const char* phase, const char* one, const std::vector<TimedSpan>& spans) {
    const TimeSummary time = summarise(spans);
    disturbed.add(time);
    all += fmt::format("{}{} {:.2f} s", all.empty() ? "" : ", ", phase, seconds_of_all(spans));
    if (spans.empty()) return;
    each += fmt::format("{}{} {}{}", each.empty() ? "" : ", ", one, time_text(time.median),
                        time.all_marked() ? all_disturbed_mark : "");
  };
  add("prefill", "a prompt", cost.prefills);
  add("decode", "a decode step", cost.decodes);
  add("sampling", "a draw", cost.draws);
  return fmt::format("time     {}\nmedian   {}\ndisturbed {}\n", all, each.empty() ? "none" : each,
                     describe(disturbed, true));
}

double megabytes(std::int64_t bytes) { return 1e-6 * static_cast<double>(bytes); }

}  // namespace

std::string rsa_round_line(const RoundReport& round) {
  const auto forced = std::count_if(round.rollouts.begin(), round.rollouts.end(),
                                    [](const rsa::Rollout& r) { return r.forced; });
  std::string line = fmt::format(
      "round {}  prompts of up to {} tokens, {} generated, peak cache {} tokens, ended by {}",
      round.round, round.longest_prompt, round.cost.generated_tokens, round.cost.peak_cached_tokens,
      ends(round));
  if (forced > 0) line += fmt::format(", {} answers forced", forced);
  for (std::size_t n = 0; n < round.rollouts.size(); ++n) {
    if (round.rollouts[n].finish != Finish::failed) continue;
    line += fmt::format("\n  dropped rollout {}: {}", n, round.rollouts[n].failure);
  }
  return line + "\n";
}

std::string rsa_summary(const rsa::Result& result, const rsa::SequenceEngine& engine) {
  const rsa::GenerationCost cost = total_cost(result);
  const std::int64_t peak = result.peak_cached_tokens();
  const std::int64_t each = engine.cache_bytes_per_token();
  std::int64_t thin = 0;
  for (const RoundReport& round : result.rounds) thin += round.thin();
  std::string text = fmt::format("tokens   {} in prompts, {} generated\n", cost.prompt_tokens,
                                 cost.generated_tokens);
  text += fmt::format("prompt   longest {} tokens, bound {}: |x| + C tau + template\n",
                      result.longest_prompt(), result.bounds.prompt_tokens);
  text += fmt::format(
      "cache    peak {} tokens, {:.3f} MB; bound {}, {:.3f} MB: N (|x| + C tau + max(beta, "
      "beta_final) + template)\n",
      peak, megabytes(peak * each), result.bounds.cached_tokens,
      megabytes(result.bounds.cached_tokens * each));
  text += fmt::format("state    {:.3f} MB fixed, apart from the cache: {} slots\n",
                      megabytes(engine.fixed_state_bytes()), engine.slots());
  text += time_lines(cost);
  text += fmt::format("margins  {} of {} tokens so close that rounding could have drawn another\n",
                      thin, cost.generated_tokens);
  return text;
}

std::string rsa_choice_lines(const rsa::Choice& choice, rsa::Selection selection) {
  if (selection == rsa::Selection::none) return {};
  const std::optional<std::string> answer = choice.answer();
  if (!answer) return "answer   none: no rollout has a balanced \\boxed{}\n";
  if (choice.extra_answer) {
    return fmt::format("answer   {} by one more rollout at a lower temperature\n", *answer);
  }
  return fmt::format("answer   {} by {} of {} rollouts with a \\boxed{{}}; rollout {} has it\n",
                     *answer, choice.vote->votes, choice.vote->voters, choice.vote->rollout);
}

std::string rsa_token_lines(const rsa::Result& result) {
  std::string text;
  for (const rsa::Rollout& rollout : result.finals()) {
    if (rollout.finish != Finish::failed) text += fmt::format("{}", fmt::join(rollout.tokens, ","));
    text += '\n';
  }
  return text;
}

std::string rsa_text_lines(const rsa::Result& result, const rsa::Tokenizer& tokenizer) {
  using nlohmann::json;
  std::string lines;
  for (std::size_t n = 0; n < result.finals().size(); ++n) {
    const rsa::Rollout& rollout = result.finals()[n];
    json line = {{"rollout", n},
                 {"finish", std::string(name(rollout.finish))},
                 {"tokens", rollout.tokens.size()},
                 {"text", nullptr},
                 {"boxed", nullptr}};
    if (rollout.finish != Finish::failed) {
      const std::string text = tokenizer.decode(rollout.tokens);
      line["text"] = text;
      if (const auto boxed = rsa::last_boxed(text)) line["boxed"] = *boxed;
    }
    // Byte tokens may end inside a character.
    lines += line.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
  }
  return lines;
}

}  // namespace kernelgate
