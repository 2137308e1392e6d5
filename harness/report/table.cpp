#include "harness/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "harness/report/text.hpp"
#include "harness/timing/time_summary.hpp"

namespace kernelgate {
namespace {

/// Counts of one variant's rows by result.
struct Tally {
  std::array<int, 6> by_status{};
  int exact = 0, exact_passed = 0, real = 0, real_passed = 0;
  std::optional<double> worst;  // absent: no row has an error ratio

  int of(Status status) const { return by_status[static_cast<std::size_t>(status)]; }
  void add(const Record& row) {
    ++by_status[static_cast<std::size_t>(row.status)];
    const bool passed = row.status == Status::passed;
    if (row.status != Status::unsupported && row.data == DataMode::exact) {
      ++exact;
      exact_passed += passed;
    }
    if (row.status != Status::unsupported && row.data == DataMode::real) {
      ++real;
      real_passed += passed;
    }
    if (row.worst_error_ratio) {
      worst = std::max(worst.value_or(0), *row.worst_error_ratio);
    }
  }
};

std::string share(int passed, int all) {
  return all == 0 ? std::string("-") : fmt::format("{}/{}", passed, all);
}

std::string tally_line(const std::string& kernel, const std::string& variant, const Tally& tally) {
  const int crashed = tally.of(Status::crashed) + tally.of(Status::timed_out);
  return fmt::format("{:<16} {:<22} {:>7} {:>10} {:>11} {:>8} {:>12} {:>9} {:>9} {:>7}\n",
                     shortened(kernel, 16), shortened(variant, 22), tally.of(Status::passed),
                     tally.of(Status::incorrect), tally.of(Status::failed_recheck), crashed,
                     tally.of(Status::unsupported), share(tally.exact_passed, tally.exact),
                     share(tally.real_passed, tally.real),
                     tally.real > 0 && tally.worst ? fmt::format("{:.2f}", *tally.worst) : "-");
}

std::string bench_line(const Record& row) {
  const auto spread = spread_percent(row);
  std::string time = time_text(row.time_median_seconds);
  if (all_disturbed(row)) time += all_disturbed_mark;
  if (spread) time += fmt::format(" +-{:.1f} %", *spread);
  return fmt::format("{:<51} {:<4} {:>17} {:>7} {:>7} {:>10} {:>13}\n", shortened(row.id(), 51),
                     row.cache ? name(*row.cache) : "", time, giga_text(bytes_per_second(row)),
                     giga_text(flops_per_second(row)),
                     row.percent_of_roofline ? fmt::format("{:.1f}", *row.percent_of_roofline) : "",
                     row.ratio_to_baseline || row.baseline.empty()
                         ? ratio_text(row.ratio_to_baseline)
                         : std::string("-"));
}

// A row without a time shows its status and reason instead of numbers.
std::string untimed_line(const Record& row) {
  const std::string why = row.message.empty() ? std::string() : ": " + row.message;
  return fmt::format("{:<51} {}\n", shortened(row.id(), 51),
                     shortened(std::string(name(row.status)) + why, table_width - 52));
}

std::string bench_table_of(const std::vector<const Record*>& rows, Provenance kind) {
  std::string text = fmt::format("{:<51} {:<4} {:>17} {:>7} {:>7} {:>10} {:>13}\n",
                                 fmt::format("bench, {}", name(kind)), "", "time", "GB/s",
                                 "GFLOP/s", "% roofline", "to baseline");
  std::set<std::string> baselines;
  for (const Record* row : rows) {
    text += row->time_median_seconds ? bench_line(*row) : untimed_line(*row);
    if (row->time_median_seconds && !row->baseline.empty()) baselines.insert(row->baseline);
  }
  for (const std::string& baseline : baselines) {
    text += shortened("baseline: " + baseline, table_width) + "\n";
  }
  return text;
}

}  // namespace

std::string check_table(std::span<const Record> records) {
  std::map<std::pair<std::string, std::string>, Tally> tallies;
  Tally sum;
  for (const Record& row : records) {
    if (row.row != RowKind::check && row.row != RowKind::forward) continue;
    tallies[{row.kernel, row.variant}].add(row);
    sum.add(row);
  }
  if (tallies.empty()) return {};
  std::string text = fmt::format(
      "{:<16} {:<22} {:>7} {:>10} {:>11} {:>8} {:>12} {:>9} {:>9} {:>7}\n", "kernel", "variant",
      "passed", "incorrect", "recheck", "crashed", "unsupported", "exact", "real", "worst");
  for (const auto& [key, tally] : tallies) text += tally_line(key.first, key.second, tally);
  text += tally_line("all", "", sum);
  return text +
         "recheck: failed when judged again after timing. crashed: or timed out. worst: largest "
         "error on real data,\nas a share of its bound; above 1 is incorrect\n";
}

std::string bench_table(std::span<const Record> records) {
  std::string text;
  for (const Provenance kind : {Provenance::measured, Provenance::modelled, Provenance::compiled}) {
    std::vector<const Record*> rows;
    for (const Record& row : records) {
      if (row.row == RowKind::bench && row.provenance == kind) rows.push_back(&row);
    }
    if (rows.empty()) continue;
    if (!text.empty()) text += "\n";
    text += bench_table_of(rows, kind);
  }
  return text;
}

}  // namespace kernelgate
