#include "harness/compare/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "harness/compare/run.hpp"
#include "harness/report/text.hpp"
#include "harness/timing/time_sampling.hpp"

namespace kernelgate {
namespace {

double chance_of(const Comparison& r) {
  return r.answer == compare::Answer::faster ? r.ended.p_faster : r.ended.p_slower;
}

// Order of the table: slower first, targets without a time last.
int rank_of(const Comparison& r) {
  const std::string verdict = r.verdict();
  const char* const order[] = {"slower", "invalid", "cannot_tell", "faster", "same", "same_code"};
  const auto at = std::find(std::begin(order), std::end(order), verdict);
  return static_cast<int>(at - std::begin(order));
}

std::string percent_text(double share) {
  return std::isfinite(share) ? fmt::format("{:+.1f}", 100 * std::expm1(share)) : "?";
}

std::string line_of(const Comparison& r, const CompareSetup& setup) {
  if (!r.timed()) {
    return fmt::format("{:<12} {}: {}\n", r.verdict(), r.target.id(), r.message);
  }
  const compare::PairedEffect& e = r.ended.effect;
  const double visible = compare::smallest_visible(r.again.effect, setup.rules, r.rounds);
  return fmt::format(
      "{:<12} {:>14} {:>16} {:>6} {:>8} {:>7} {:>9}  {}\n", r.verdict(), effect_text(e.estimate),
      fmt::format("{} .. {} %", percent_text(e.lower), percent_text(e.upper)), r.rounds,
      fmt::format("{:.2g}", chance_of(r)),
      std::isfinite(visible) ? fmt::format("{:.1f} %", 100 * std::expm1(visible)) : "?",
      time_text(summarise(r.baseline_seconds).median), r.target.id());
}

// Advice for a target with the result "cannot tell".
std::string advice(const Comparison& r, const CompareSetup& setup) {
  if (r.verdict() != "cannot_tell") return {};
  const double best = compare::smallest_visible(r.again.effect, setup.rules, setup.rules.last_look);
  std::string text =
      fmt::format("cannot tell  {}\n  a slowdown of {:.1f} % takes about {} rounds at this noise",
                  r.target.id(), 100 * setup.rules.margin,
                  compare::rounds_needed(r.ended.effect, setup.rules.margin));
  if (std::isfinite(best)) {
    text += fmt::format("; {} rounds on this host now show {:.1f} % at best", setup.rules.last_look,
                        100 * std::expm1(best));
  }
  return text + "\n  a locked clock, an idle machine or more rounds (--rounds) help\n";
}

std::string cross_check(const Comparison& r, const CompareSetup& setup) {
  if (r.verdict() != "slower" && r.verdict() != "faster") return {};
  std::vector<double> d;
  d.reserve(r.candidate_seconds.size());
  for (std::size_t i = 0; i < r.candidate_seconds.size(); ++i) {
    d.push_back(std::log(r.candidate_seconds[i] / r.baseline_seconds[i]));
  }
  const compare::Interval boot =
      compare::bootstrap_interval(d, setup.rules.confidence, setup.order_seed);
  return fmt::format(
      "{}  {}\n  {} against {}{}\n  bootstrap of the mean, a cross-check: {} .. {} %\n",
      r.verdict(), r.target.id(), effect_text(r.ended.effect.estimate),
      r.baseline_commit.empty() ? setup.baseline.build.origin : r.baseline_commit,
      r.ended.effect.lower > setup.rules.margin ? ", surely beyond the margin" : "",
      percent_text(boot.lower), percent_text(boot.upper));
}

}  // namespace

std::string effect_text(double log_ratio) {
  const double percent = 100 * std::expm1(std::abs(log_ratio));
  if (percent < 0.05) return "0.0 %";
  return fmt::format("{:.1f} % {}", percent, log_ratio > 0 ? "slower" : "faster");
}

std::string compare_table(const std::vector<Comparison>& results, const CompareSetup& setup) {
  std::vector<const Comparison*> order;
  order.reserve(results.size());
  for (const Comparison& r : results) order.push_back(&r);
  std::stable_sort(order.begin(), order.end(), [](const Comparison* a, const Comparison* b) {
    if (rank_of(*a) != rank_of(*b)) return rank_of(*a) < rank_of(*b);
    return chance_of(*a) < chance_of(*b);
  });
  std::string text =
      fmt::format("{:<12} {:>14} {:>16} {:>6} {:>8} {:>7} {:>9}  {}\n", "verdict", "effect",
                  fmt::format("{:.0f} % interval", 100 * setup.rules.confidence), "rounds",
                  "chance", "sees", "baseline", "case");
  std::string notes;
  DisturbedCount disturbed;
  for (const Comparison* r : order) {
    text += line_of(*r, setup);
    notes += advice(*r, setup) + cross_check(*r, setup);
    if (r->timed() && !r->message.empty()) {
      notes += fmt::format("{}  {}\n  {}\n", r->verdict(), r->target.id(), r->message);
    }
    disturbed.add(r->disturbed);
  }
  text +=
      "sees: the slowdown that this many rounds detect four times in five, from the baseline "
      "against "
      "itself\nsame_code: both builds have the same machine code for this kernel\n";
  const bool timed =
      std::any_of(order.begin(), order.end(), [](const Comparison* r) { return r->timed(); });
  if (timed) text += fmt::format("disturbed: {}\n", describe(disturbed));
  return text + notes;
}

ExitCode exit_of(const std::vector<Comparison>& results, bool strict) {
  ExitCode code = ExitCode::clean;
  bool timed = false;
  for (const Comparison& r : results) {
    timed = timed || r.timed();
    const std::string verdict = r.verdict();
    if (r.status != Status::passed && r.status != Status::unsupported) {
      code = graver(code, ExitCode::incorrect);
    } else if (verdict == "invalid") {
      code = graver(code, ExitCode::invalid_environment);
    } else if (verdict == "slower") {
      code = graver(code, ExitCode::slower);
    } else if (verdict == "cannot_tell" && strict) {
      code = graver(code, ExitCode::cannot_tell);
    }
  }
  return timed ? code : graver(code, ExitCode::nothing_ran);
}

}  // namespace kernelgate
