#include "harness/compare/sides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/core/process.hpp"
#include "harness/core/text_parts.hpp"
#include "harness/core/variant_role.hpp"
#include "harness/timing/time_sampling.hpp"

namespace kernelgate {
namespace {

void append(std::vector<std::string>& words, std::initializer_list<std::string> more) {
  words.insert(words.end(), more);
}

/// " 'file'" for each --plugin among these words.
std::string plugins_in(const std::vector<std::string>& words) {
  std::string files;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i - 1] == "--plugin") files += fmt::format(" '{}'", words[i]);
  }
  return files;
}

}  // namespace

std::vector<std::string> CompareSides::words(SideName side) const {
  const Side& s = setup_.side(side);
  std::vector<std::string> list{s.build.program.string()};
  list.insert(list.end(), s.options.begin(), s.options.end());
  list.push_back("sample");
  return list;
}

SampleReport CompareSides::ask(const std::vector<std::string>& words) const {
  const ProcessEnd end =
      run_process({.words = words, .time_limit_seconds = setup_.process_limit_seconds});
  SampleReport report;
  const auto ended = [&](Status status) {
    report.status = status;
    const std::string_view said = last_line(end.errors);
    report.message = fmt::format("{}{}{}", end.describe(), said.empty() ? "" : ": ", said);
    return report;
  };
  if (end.timed_out) return ended(Status::timed_out);
  // A build reports a case or variant that it does not have as bad input.
  const auto code = static_cast<ExitCode>(end.exit_code);
  if (code == ExitCode::bad_input || code == ExitCode::missing_resource ||
      code == ExitCode::nothing_ran) {
    return ended(Status::unsupported);
  }
  const std::string plugins = plugins_in(words);
  if (!end.well() || (!plugins.empty() && !has_sample_line(end.output))) {
    ended(Status::crashed);
    if (!plugins.empty()) report.message += fmt::format(" (its process had loaded{})", plugins);
    return report;
  }
  return read_sample_line(end.output, words.front());
}

// Options of `sample` have their earlier names here (renamed_options.hpp), because a side may be an
// earlier build.
SampleReport CompareSides::verify(SideName side, const CompareTarget& target,
                                  std::uint64_t seed) const {
  std::vector<std::string> list = words(side);
  append(list, {"--case", target.id(), "--verify", "--seed", std::to_string(seed)});
  return ask(list);
}

SampleReport CompareSides::time(SideName side, const CompareTarget& target) const {
  std::vector<std::string> list = words(side);
  append(list, {"--case", target.id(), "--cache", std::string(name(setup_.cache)), "--samples",
                std::to_string(setup_.samples), "--least-seconds",
                fmt::format("{}", setup_.min_seconds), "--seed", std::to_string(setup_.seed)});
  SampleReport report = ask(list);
  if (report.status == Status::passed && report.seconds.empty()) {
    report.status = Status::crashed;
    report.message = "its process gave no sample";
  }
  return report;
}

SampleReport CompareSides::roofs(std::int64_t working_set_bytes, bool anew) {
  const auto known = roofs_.find(working_set_bytes);
  if (known != roofs_.end() && !anew) return known->second;
  std::vector<std::string> list = words(SideName::candidate);
  append(list, {"--roofs", "--working-set", std::to_string(working_set_bytes)});
  SampleReport report = ask(list);
  if (known != roofs_.end()) {  // keeps the better value: other load can only lower a peak
    const auto better = [](std::optional<double>& now, const std::optional<double>& before) {
      if (before && (!now || *before > *now)) now = before;
    };
    better(report.read_bandwidth, known->second.read_bandwidth);
    better(report.peak_flops, known->second.peak_flops);
  }
  roofs_[working_set_bytes] = report;
  return report;
}

std::string CompareSides::code(SideName side, const CompareTarget& target) {
  const Side& s = setup_.side(side);
  const bool foreign = role_of(target.variant) == VariantRole::plugin && !s.plugin.empty();
  const Build of = foreign ? Build{s.plugin, {}, s.plugin} : s.build;
  const std::string key = of.program.string() + "\n" + (foreign ? "" : target.kernel);
  auto at = codes_.find(key);
  if (at == codes_.end()) at = codes_.emplace(key, code_hash(of, target.kernel)).first;
  return at->second;
}

Record round_row(const CompareSetup& setup, const CompareTarget& target, SideName side,
                 const SampleReport& report) {
  Record row = start_record(RowKind::round, setup.run_id);
  row.kernel = target.kernel;
  row.variant = target.variant;
  row.backend = target.backend;
  row.axes = target.axes;
  row.dtype = target.dtype;
  row.data = DataMode::real;
  row.seed = setup.seed;
  row.device = report.device;
  row.status = report.status;
  row.message = report.message;
  row.cache = setup.cache;
  row.side = name(side);
  row.order_seed = setup.order_seed;
  add_options(row, setup.side(side).options);
  row.bytes = report.bytes;
  row.flops = report.flops;
  row.clock_hz = report.clock_hz;
  row.instructions = report.instructions;
  row.cycles = report.cycles;
  if (!report.commit.empty()) row.environment.commit = report.commit;
  if (!report.compiler.empty()) row.environment.compiler = report.compiler;
  if (!report.flags.empty()) row.environment.flags = report.flags;
  if (report.threads > 0) row.environment.threads = report.threads;
  if (report.seconds.empty()) return row;
  const TimeSummary summary = summarise(report.seconds, report.marks());
  row.samples = static_cast<std::int64_t>(report.seconds.size());
  row.time_median_seconds = summary.median;
  row.time_low_seconds = summary.low;
  row.time_high_seconds = summary.high;
  if (report.marks_shown) {
    row.disturbed_samples = static_cast<std::int64_t>(report.marked.size());
  }
  for (std::size_t i = 0; i < report.seconds.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const bool marked =
        std::find(report.marked.begin(), report.marked.end(), at) != report.marked.end();
    row.sample_seconds +=
        fmt::format("{}{}{}", i == 0 ? "" : " ", marked ? "!" : "", report.seconds[i]);
  }
  return row;
}

std::vector<double> samples_of(const Record& row, Marked marked_ones) {
  std::vector<double> all;
  std::vector<std::int64_t> marks;
  std::string_view text = row.sample_seconds;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const bool marked = word.starts_with('!');
    if (marked) word.remove_prefix(1);
    double seconds = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), seconds);
    if (error != std::errc{} || end != word.data() + word.size() || !(seconds > 0)) {
      throw BadInput(
          fmt::format("round {} of {}: column 'sample_seconds': expected times above 0, "
                      "got '{}'",
                      row.round.value_or(0), row.id(), word));
    }
    if (marked) marks.push_back(static_cast<std::int64_t>(all.size()));
    all.push_back(seconds);
  }
  if (marked_ones == Marked::count) return all;
  return summarise(std::move(all), std::move(marks)).counted();
}

}  // namespace kernelgate
