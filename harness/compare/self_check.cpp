#include "harness/compare/self_check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "harness/compare/order.hpp"
#include "harness/compare/probe.hpp"
#include "harness/compare/report.hpp"
#include "harness/core/process.hpp"
#include "harness/run/sample_report.hpp"
#include "harness/timing/time_summary.hpp"

namespace kernelgate {
namespace {

struct Worker {
  const char* variant;
  const char* more;
};
constexpr Worker workers[] = {
    {"A", "0"}, {"Ax", "0"}, {"B2", "0.02"}, {"B3", "0.03"}, {"B5", "0.05"}};
constexpr int worker_count = 5;

/// The file's first line, which identifies the work of its rounds: only equal work is combined.
std::string head_of(std::int64_t units, const CompareSelfTest& test) {
  return fmt::format("# kernelgate compare --self-test, {} units, {} samples, seed {}\n", units,
                     test.samples, test.order_seed);
}

struct Known {
  std::int64_t units = 0;
  std::int64_t rounds = 0;  // complete ones
  std::string text;         // their lines
};

// Reads the complete rounds of the file. An interrupted process leaves an incomplete round, which
// is run again.
Known read_known(const CompareSelfTest& test) {
  Known known;
  std::ifstream in(test.file);
  std::string line;
  if (!std::getline(in, line)) return known;
  const std::size_t at = line.find("--self-test, ");
  if (at != std::string::npos) known.units = std::strtoll(line.c_str() + at + 13, nullptr, 10);
  if (known.units <= 0 || line + "\n" != head_of(known.units, test)) {
    throw BadInput(fmt::format(
        "{}:1: expected '{}', got '{}': rounds of other work do not go "
        "together; name another file",
        test.file, head_of(std::max<std::int64_t>(known.units, 0), test), line.substr(0, 100)));
  }
  std::vector<std::string> lines;
  while (std::getline(in, line) && !in.eof()) lines.push_back(line);  // eof: incomplete line
  known.rounds = static_cast<std::int64_t>(lines.size()) / worker_count;
  lines.resize(static_cast<std::size_t>(known.rounds) * worker_count);
  for (const std::string& l : lines) known.text += l + "\n";
  return known;
}

std::string timed_line(const CompareSelfTest& test, std::int64_t units, const Worker& worker,
                       std::int64_t round) {
  const ProcessEnd end = run_process(
      {.words = {test.program, "sample", "--probe", std::to_string(units), "--probe-more",
                 worker.more, "--samples", std::to_string(test.samples)},
       .time_limit_seconds = 60});
  if (!end.well()) throw BadInput(fmt::format("sample --probe: {} {}", end.describe(), end.errors));
  std::string line = fmt::format("{} {}", worker.variant, round);
  const SampleReport report = read_sample_line(end.output, test.program);
  for (const double s : summarise(report.seconds, report.marks()).counted()) {
    line += fmt::format(" {:.0f}", 1e9 * s);
  }
  return line + "\n";
}

std::string row_of(const char* what, const std::vector<double>& d, const compare::Rules& rules) {
  const compare::Power p = compare::power_of(d, rules.last_look, compare::adaptive(rules));
  const compare::PairedEffect all = compare::paired_effect(d, rules.confidence);
  return fmt::format("{:<12} {:>14} {:>8} {:>8} {:>8} {:>12} {:>8}\n", what,
                     effect_text(all.estimate), fmt::format("{:.1f} %", 100 * p.slower),
                     fmt::format("{:.1f} %", 100 * p.same), fmt::format("{:.1f} %", 100 * p.faster),
                     fmt::format("{:.1f} %", 100 * p.cannot_tell),
                     fmt::format("{:.1f}", p.mean_rounds));
}

}  // namespace

std::string power_table(const std::vector<compare::Series>& series) {
  std::string text;
  const auto rounds = static_cast<std::int64_t>(compare::find(series, "A").rounds.size());
  compare::Rules rules;
  if (rounds < rules.last_look) {
    throw BadInput(
        fmt::format("--self-test: {} rounds; a window takes {}", rounds, rules.last_look));
  }
  for (const std::int64_t cases : {1, 50}) {
    rules.cases = cases;
    text += fmt::format(
        "{}{}, {} rounds, {} windows that overlap\n{:<12} {:>14} {:>8} {:>8} {:>8} {:>12} {:>8}\n",
        text.empty() ? "" : "\n", cases == 1 ? "one case" : "one case among 50", rounds,
        rounds - rules.last_look + 1, "work", "over all", "slower", "same", "faster", "cannot tell",
        "rounds");
    for (const auto& [variant, what] : {std::pair{"Ax", "the same"}, std::pair{"B2", "+2 %"},
                                        std::pair{"B3", "+3 %"}, std::pair{"B5", "+5 %"}}) {
      const std::vector<double> d =
          compare::log_ratios(compare::find(series, "A"), compare::find(series, variant),
                              compare::Statistic::lower_quartile);
      text += row_of(what, d, rules);
    }
  }
  return text;
}

std::string CompareSelfTest::run(const std::function<void(const std::string&)>& progress) const {
  Known known = read_known(*this);
  if (known.units == 0) known.units = compare::units_for(seconds);
  const std::string head = head_of(known.units, *this);
  {
    std::ofstream whole(file, std::ios::trunc);
    whole << head << known.text << std::flush;
    if (!whole) throw BadInput(fmt::format("--self-test: cannot write {}", file));
  }
  std::ofstream out(file, std::ios::app);
  const std::vector<compare::RoundOrder> orders =
      compare::draw_orders(order_seed, "self-test", worker_count, rounds);
  for (std::int64_t round = known.rounds; round < rounds; ++round) {
    progress(fmt::format("round {} of {}", round + 1, rounds));
    for (const int place : orders[static_cast<std::size_t>(round)]) {
      out << timed_line(*this, known.units, workers[place], round + 1) << std::flush;
      if (!out) throw BadInput(fmt::format("--self-test: cannot write {}", file));
    }
  }
  std::ifstream in(file);
  std::string first;
  std::getline(in, first);
  return first + "\n" + power_table(compare::read_series(in));
}

}  // namespace kernelgate
