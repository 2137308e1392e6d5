#include "harness/compare/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/compare/order.hpp"
#include "harness/run/bench_run.hpp"
#include "harness/timing/time_sampling.hpp"

namespace kernelgate {
namespace {

constexpr std::uint64_t fresh_inputs = 1000003;  // added to the seed for the second judgement

bool differs(compare::Answer answer) {
  return answer == compare::Answer::slower || answer == compare::Answer::faster;
}

}  // namespace

std::string Comparison::verdict() const {
  if (!timed()) return "not_timed";
  if (invalid) return "invalid";
  if (same_code) return "same_code";
  return std::string(name(answer));
}

CompareRun::CompareRun(const CompareSetup& setup, Hooks hooks)
    : setup_(setup), rules_(setup.rules), hooks_(std::move(hooks)), sides_(setup) {}

bool CompareRun::out_of_time() const {
  const auto spent = std::chrono::steady_clock::now() - start_;
  return setup_.budget_seconds > 0 &&
         std::chrono::duration<double>(spent).count() > setup_.budget_seconds;
}

bool CompareRun::judge(Comparison& result, std::uint64_t seed, Status failure,
                       const std::string& when) {
  for (const SideName side : {SideName::candidate, SideName::baseline}) {
    hooks_.progress(fmt::format("judges {} of the {}", result.target.id(), name(side)));
    const SampleReport report = sides_.verify(side, result.target, seed);
    if (side == SideName::candidate) {
      result.bytes = report.bytes;
      result.flops = report.flops;
      result.device = report.device;
    }
    if (report.status == Status::passed) continue;
    const bool wrong = report.status == Status::incorrect;
    result.status = wrong ? failure : report.status;
    // A failing baseline must not count against the candidate.
    if (side == SideName::baseline) result.status = Status::unsupported;
    result.message =
        fmt::format("{}{}: {} {}", name(side), when, name(report.status), report.message);
    return false;
  }
  return true;
}

CompareRun::Open CompareRun::open(const CompareTarget& target, const std::vector<Record>& earlier) {
  Comparison result;
  result.target = target;
  result.code = {sides_.code(SideName::baseline, target), sides_.code(SideName::candidate, target)};
  result.same_code = result.code[0] == result.code[1];
  const int sides = result.same_code ? 2 : 3;
  Open open{result, CompareRounds(sides, setup_.statistic),
            compare::draw_orders(setup_.order_seed, target.id(), sides, rules_.last_look), false};
  open.done = !judge(open.result, setup_.seed, Status::incorrect, "");
  if (!open.done && !earlier.empty()) {
    open.rounds.resume(earlier, setup_, target, open.result.code);
  }
  return open;
}

void CompareRun::fail(Open& open, SideName side, const SampleReport& report) {
  open.done = true;
  open.result.status = side == SideName::candidate ? report.status : Status::unsupported;
  open.result.message = fmt::format("{} in round {}: {} {}", name(side), open.rounds.count() + 1,
                                    name(report.status), report.message);
}

void CompareRun::time_round(Open& open) {
  const std::int64_t round = open.rounds.count() + 1;
  const std::vector<int>& order = open.orders.at(static_cast<std::size_t>(round - 1));
  std::vector<Record> rows(order.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    const auto side = static_cast<SideName>(order[place]);
    const SampleReport report = sides_.time(side, open.result.target);
    Record row = round_row(setup_, open.result.target, side, report);
    row.round = round;
    row.place = static_cast<std::int64_t>(place) + 1;
    row.code = open.result.code[side == SideName::candidate ? 1 : 0];
    hooks_.keep(row);
    if (report.status != Status::passed) return fail(open, side, report);
    rows[static_cast<std::size_t>(order[place])] = std::move(row);
  }
  open.rounds.add(rows);
}

void CompareRun::look(Open& open) {
  const std::vector<double> d = open.rounds.differences(SideName::candidate);
  open.done = compare::may_end(d, rules_, open.result.ended);
  // `same` on a contended machine is no result: later rounds may be undisturbed.
  const bool hidden = open.result.ended.answer == compare::Answer::same && open.rounds.crowded();
  if (open.done && hidden && open.rounds.count() < rules_.last_look) open.done = false;
  if (!open.done && out_of_time()) {
    open.result.ended = compare::end_now(d, rules_);
    open.done = true;
  }
}

void CompareRun::compare_with_floor(Open& open) {
  Comparison& r = open.result;
  if (!r.bytes || !r.flops || !r.device.empty()) return;  // a GPU's peaks are not measured
  for (const bool anew : {false, true}) {
    const std::int64_t working_set = setup_.cache == CacheMode::hot ? *r.bytes : 0;
    const SampleReport roofs = sides_.roofs(working_set, anew);
    if (!roofs.read_bandwidth || !roofs.peak_flops) return;
    r.read_bandwidth = roofs.read_bandwidth;
    r.peak_flops = roofs.peak_flops;
    const Record row = compare_row(setup_, r);
    r.roofline_seconds = floor_of(row);
    if (!below_floor(compare_row(setup_, r))) return;
  }
  r.invalid = true;
  r.message = "below the roofline time: the kernel or its byte count is wrong";
}

void CompareRun::finish(Open& open) {
  Comparison& r = open.result;
  r.rounds = open.rounds.count();
  if (r.status != Status::passed || r.rounds == 0) return;
  r.baseline_seconds = open.rounds.numbers(SideName::baseline);
  r.candidate_seconds = open.rounds.numbers(SideName::candidate);
  r.baseline_commit = open.rounds.commit(SideName::baseline);
  r.candidate_commit = open.rounds.commit(SideName::candidate);
  r.disturbed = open.rounds.disturbed_samples();
  if (open.rounds.crowded() && r.ended.answer == compare::Answer::same) {
    r.ended.answer = compare::Answer::cannot_tell;
    r.message = fmt::format(
        "equal times of {} rounds of {} in which every sample of a process had to wait for a core: "
        "other load hides a difference",
        open.rounds.disturbed_rounds(), r.rounds);
  }
  if (!judge(r, setup_.seed + fresh_inputs, Status::failed_recheck, " after timing")) return;
  r.again = compare::end_now(
      open.rounds.differences(r.same_code ? SideName::candidate : SideName::again), rules_);
  const auto cycles = open.rounds.cycle_differences(SideName::candidate);
  if (cycles && r.ended.answer == compare::Answer::slower) {
    const auto effect = compare::paired_effect(*cycles, rules_.confidence);
    if (compare::answer_of(effect, rules_.margin) != compare::Answer::slower) {
      r.ended.answer = compare::Answer::cannot_tell;
      r.message = fmt::format("slower in time, {:+.1f} % in cycles: the clock differed",
                              100 * std::expm1(effect.estimate));
    }
  }
  compare_with_floor(open);
}

std::vector<Comparison> CompareRun::run(const std::vector<CompareTarget>& targets,
                                        const std::vector<Record>& earlier) {
  std::vector<Open> all;
  all.reserve(targets.size());
  for (const CompareTarget& target : targets) all.push_back(open(target, earlier));
  // Cases that cannot be timed are no tests: the error probability is shared by the others.
  const auto asked = std::count_if(all.begin(), all.end(), [](const Open& o) { return !o.done; });
  rules_.cases = std::max<std::int64_t>(1, asked);
  for (Open& o : all) {
    if (!o.done && o.rounds.count() > 0) look(o);
  }
  start_ = std::chrono::steady_clock::now();
  for (bool any = true; any;) {
    any = false;
    for (Open& o : all) {
      if (o.done) continue;
      hooks_.progress(fmt::format("round {} of {}", o.rounds.count() + 1, o.result.target.id()));
      time_round(o);
      if (!o.done) look(o);
      any = any || !o.done;
    }
  }
  for (Open& o : all) finish(o);

  std::vector<compare::Ended> ended, again;
  std::vector<Comparison> results;
  for (Open& o : all) {
    results.push_back(std::move(o.result));
    const bool timed = results.back().timed();
    ended.push_back(timed ? results.back().ended : compare::Ended{});
    again.push_back(timed ? results.back().again : compare::Ended{});
  }
  const std::vector<compare::Answer> answers = compare::correct_for_many(ended, rules_);
  const std::vector<compare::Answer> drift = compare::correct_for_many(again, rules_);
  for (std::size_t i = 0; i < results.size(); ++i) {
    Comparison& r = results[i];
    r.answer = answers[i];
    if (!r.timed() || !differs(drift[i])) continue;
    r.invalid = true;
    r.message =
        fmt::format("the same code differs from itself by {:+.1f} %: the environment drifted",
                    100 * std::expm1(r.again.effect.estimate));
  }
  return results;
}

std::string baseline_text(const CompareSetup& setup, const Comparison& r) {
  // The program's commit does not identify a plugin's code.
  const std::string& name = setup.baseline_of(r.target);
  return r.baseline_commit.empty() || name == setup.baseline.plugin ? name : r.baseline_commit;
}

Record compare_row(const CompareSetup& setup, const Comparison& r) {
  SampleReport none;
  none.status = r.status;
  none.message = r.message;
  none.device = r.device;
  none.bytes = r.bytes;
  none.flops = r.flops;
  Record row = round_row(setup, r.target, SideName::candidate, none);
  row.row = RowKind::compare;
  row.side.clear();
  row.options.clear();
  add_options(row, setup.words);
  row.code = r.code[1];
  row.verdict = r.verdict();
  if (r.rounds > 0) row.round = r.rounds;
  row.baseline = baseline_text(setup, r);
  if (!r.candidate_commit.empty()) row.environment.commit = r.candidate_commit;
  if (!r.timed()) return row;
  const TimeSummary times = summarise(r.candidate_seconds);
  row.time_median_seconds = times.median;
  row.time_low_seconds = times.low;
  row.time_high_seconds = times.high;
  if (r.disturbed.samples > 0) {
    row.samples = r.disturbed.samples;
    row.disturbed_samples = r.disturbed.marked;
  }
  row.read_bandwidth_bytes_per_second = r.read_bandwidth;
  row.peak_flops_per_second = r.peak_flops;
  row.roofline_seconds = r.roofline_seconds;
  if (r.roofline_seconds) row.percent_of_roofline = 100 * *r.roofline_seconds / times.median;
  row.ratio_to_baseline = std::exp(r.ended.effect.estimate);
  row.ratio_low = std::exp(r.ended.effect.lower);
  row.ratio_high = std::exp(r.ended.effect.upper);
  row.chance = r.answer == compare::Answer::faster ? r.ended.p_faster : r.ended.p_slower;
  row.smallest_visible_ratio =
      std::exp(compare::smallest_visible(r.again.effect, setup.rules, setup.rules.last_look));
  return row;
}

}  // namespace kernelgate
