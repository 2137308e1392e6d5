#include "harness/report/performance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "harness/core/counted.hpp"
#include "harness/core/error.hpp"
#include "harness/core/text_parts.hpp"
#include "harness/report/markdown_summary.hpp"
#include "harness/report/native_ratio.hpp"
#include "harness/report/portability.hpp"
#include "harness/report/text.hpp"
#include "harness/report/timed_cases.hpp"

namespace kernelgate {
namespace {

using markdown::Row;

constexpr const char* nothing = "–";

constexpr const char* introduction =
    R"(Written by `kernelgate report --performance` from records; do not edit. `portable` is the variant `kokkos`, `tuned` the
fastest other variant of this project for the device, `vendor` the fastest `baseline/` variant. A time is the median of
its samples. The samples of all variants of a case were interleaved at random in one run, on the same buffers. The
speed of another variant over portable is the quotient of these medians: above 1 the other variant is faster. The
roofline time is the shortest time that the machine allows for the portable variant.

)";

constexpr const char* efficiency_note =
    R"(Efficiency is the harmonic mean over the kernel's cases, of the roofline (roofline time / time) and of the best (time of
the fastest variant / time). Where a variant has no time for some cases, its mean is over those that it has one for, and
their number stands beside it.
)";

constexpr const char* portability_note =
    R"(Performance portability is the harmonic mean of the efficiencies over the devices and builds above. It is 0 where a
case is unsupported or incorrect, and has no value where a case was not run.
)";

/// The latest rows of each tier, of every variant.
using RowsByTier = std::map<std::string, std::vector<const Record*>>;

RowsByTier rows_by_tier(std::span<const Record> records) {
  RowsByTier out;
  for (const auto& [kernel, tiers] : timed_cases(records)) {
    for (const auto& [tier, cases] : tiers) {
      for (const auto& [what, rows] : cases) {
        for (const auto& [variant, row] : rows) out[tier].push_back(row);
      }
    }
  }
  return out;
}

std::string instructions(const Record& row) {
  const KernelTarget target = kernel_target(row.environment);
  return target.vectors.empty() ? target.arch : target.vectors;
}

/// A short name for each tier: the vector extension of its kernels if that distinguishes all tiers.
std::map<std::string, std::string> labels_of(const RowsByTier& tiers) {
  std::map<std::string, std::string> labels;
  std::set<std::string> different;
  for (const auto& [tier, rows] : tiers) {
    labels[tier] = rows.front()->device.empty() ? instructions(*rows.front()) : tier;
    different.insert(labels[tier]);
  }
  if (different.size() < tiers.size() || different.contains("")) {
    for (auto& [tier, label] : labels) label = tier;
  }
  for (auto& [tier, label] : labels) label = markdown_escaped(label);
  return labels;
}

std::string all_different(const std::vector<const Record*>& rows,
                          const std::function<std::string(const Record&)>& text_of) {
  std::set<std::string> texts;
  for (const Record* row : rows) {
    if (std::string text = text_of(*row); !text.empty()) texts.insert(std::move(text));
  }
  return markdown_escaped(fmt::format("{}", fmt::join(texts, ", ")));
}

/// Range over the rows: "30.0 GB/s" or "29.1 to 30.0 GB/s".
std::string range(const std::vector<const Record*>& rows, const char* unit,
                  const std::function<std::string(std::optional<double>)>& text_of,
                  const std::function<std::optional<double>(const Record&)>& value_of) {
  std::optional<double> low, high;
  for (const Record* row : rows) {
    const std::optional<double> value = value_of(*row);
    if (!value) continue;
    low = std::min(low.value_or(*value), *value);
    high = std::max(high.value_or(*value), *value);
  }
  if (!low) return {};
  const std::string least = text_of(low), most = text_of(high);
  return least + (least == most ? "" : " to " + most) + unit;
}

std::string disturbed(const std::vector<const Record*>& rows) {
  std::int64_t marked = 0, samples = 0;
  for (const Record* row : rows) {
    if (!row->disturbed_samples) continue;
    marked += *row->disturbed_samples;
    samples += row->samples.value_or(0);
  }
  return samples == 0 ? "not shown by the system" : fmt::format("{} of {}", marked, samples);
}

std::string built_for(const Record& row) {
  const KernelTarget target = kernel_target(row.environment);
  const std::string arch = target.arch.empty() ? "no -march" : "-march=" + target.arch;
  return target.vectors.empty() ? arch : arch + ", " + target.vectors;
}

std::string measured_where(const RowsByTier& tiers,
                           const std::map<std::string, std::string>& labels) {
  using Rows = std::vector<const Record*>;
  const auto words = [](std::function<std::string(const Record&)> text_of) {
    return
        [text_of = std::move(text_of)](const Rows& rows) { return all_different(rows, text_of); };
  };
  const auto figure = [](const char* unit, std::optional<double> Record::*member) {
    return [=](const Rows& rows) {
      return range(rows, unit, giga_text, [=](const Record& r) { return r.*member; });
    };
  };
  const std::pair<const char*, std::function<std::string(const Rows&)>> facts[] = {
      {"date (UTC)", words([](const Record& r) { return r.time_utc.substr(0, 10); })},
      {"commit", words([](const Record& r) { return r.environment.commit; })},
      {"device", words([](const Record& r) { return r.device; })},
      {"host", words([](const Record& r) { return r.environment.host; })},
      {"processor", words([](const Record& r) { return r.environment.cpu; })},
      {"threads", words([](const Record& r) { return std::to_string(r.environment.threads); })},
      {"kernels built for", words(built_for)},
      {"compiler", words([](const Record& r) { return r.environment.compiler; })},
      {"Kokkos", words([](const Record& r) { return r.environment.kokkos; })},
      {"system", words([](const Record& r) { return r.environment.os; })},
      {"caches", words([](const Record& r) { return r.cache ? std::string(name(*r.cache)) : ""; })},
      {"samples per variant and case",
       [](const Rows& rows) {
         return range(
             rows, "", [](std::optional<double> value) { return fmt::format("{:.0f}", *value); },
             [](const Record& r) { return r.time_median_seconds ? r.samples : std::nullopt; });
       }},
      {"disturbed samples", disturbed},
      {"read bandwidth", figure(" GB/s", &Record::read_bandwidth_bytes_per_second)},
      {"peak of f32 multiply-adds", figure(" GFLOP/s", &Record::peak_flops_per_second)},
  };
  Row head{""};
  for (const auto& [tier, label] : labels) head.push_back(label);
  std::string text = markdown::head(head);
  for (const auto& [fact, text_of] : facts) {
    Row line{fact};
    bool known = false;
    for (const auto& [tier, rows] : tiers) {
      line.push_back(text_of(rows));
      known = known || !line.back().empty();
      if (line.back().empty()) line.back() = nothing;
    }
    if (known) text += markdown::line(line);
  }
  return text + "\n";
}

/// Throws unless the three rows were timed by one command, because only then are their times
/// paired.
void hold_one_run(const ComparedCase& line) {
  const Record* first = nullptr;
  for (const Record* row : {line.portable, line.tuned, line.vendor}) {
    if (row == nullptr || seconds_of(*row) == 0) continue;
    if (first == nullptr) first = row;
    if (row->run_id == first->run_id) continue;
    throw BadInput(fmt::format(
        "{} on {}: the row of {} is of run {}, that of {} of run {}; expected one run for all "
        "variants of a case, because only its samples are interleaved",
        first->id(), line.tier, first->variant, first->run_id, row->variant, row->run_id));
  }
}

std::optional<double> of_roofline(const Record& row) {
  if (!row.roofline_seconds || seconds_of(row) == 0) return std::nullopt;
  return *row.roofline_seconds / seconds_of(row);
}

/// The limit of the case on this machine, from the portable row; absent if that has none.
std::string roofline_time(const Record* row) {
  return row != nullptr && row->roofline_seconds ? time_text(*row->roofline_seconds)
                                                 : std::string(nothing);
}

std::string time_or_reason(const Record* row) {
  if (row == nullptr) return nothing;
  return seconds_of(*row) > 0 ? time_text(seconds_of(*row)) : std::string(name(row->status));
}

/// Name, time and speed relative to portable.
void add_rival(Row& cells, const ComparedCase& line, const Record* rival) {
  const std::optional<double> speed = speed_over_portable(line, rival);
  cells.push_back(rival == nullptr ? nothing : markdown_escaped(rival->variant));
  cells.push_back(time_or_reason(rival));
  cells.push_back(speed ? fmt::format("{:.2f}", *speed) : nothing);
}

std::string case_tables(std::span<const ComparedCase> cases,
                        const std::map<std::string, std::string>& labels) {
  std::string text;
  for (const auto& [tier, label] : labels) {
    text += fmt::format("### Cases, {}\n\n", label);
    text += markdown::head({"case", "roofline time", "portable", "of the roofline", "tuned variant",
                            "tuned", "speed over portable", "vendor variant", "vendor",
                            "speed over portable"});
    for (const ComparedCase& line : cases) {
      if (line.tier != tier) continue;
      hold_one_run(line);
      const std::optional<double> share =
          line.portable == nullptr ? std::nullopt : of_roofline(*line.portable);
      Row cells{fmt::format("`{}/{}`{}", line.kernel, line.what.axes,
                            line.what.cache == "hot" ? ", hot" : ""),
                roofline_time(line.portable), time_or_reason(line.portable),
                share ? percent_text(share) : nothing};
      add_rival(cells, line, line.tuned);
      add_rival(cells, line, line.vendor);
      text += markdown::line(cells);
    }
    text += "\n";
  }
  return text;
}

std::string speed_by_kernel(std::span<const Record> records,
                            const std::map<std::string, std::string>& labels) {
  const std::vector<NativeRatioSummary> lines = summarise(native_ratios(records));
  if (lines.empty()) return {};
  const auto speed = [](std::optional<double> mean, std::optional<double> largest,
                        std::int64_t cases) {
    return mean ? fmt::format("{:.2f}, largest {:.2f} ({})", *mean, *largest,
                              counted(cases, "case", "cases"))
                : std::string(nothing);
  };
  std::string text =
      "### Speed over portable code by kernel\n\nGeometric means over the cases of a kernel that "
      "both have a time for.\n\n" +
      markdown::head({"kernel", "build", "tuned", "vendor"});
  for (const NativeRatioSummary& line : lines) {
    text += markdown::line({line.kernel, labels.at(line.tier),
                            speed(line.native, line.native_worst, line.native_cases),
                            speed(line.vendor, line.vendor_worst, line.vendor_cases)});
  }
  return text + "\n";
}

std::string efficiency(const TierEfficiency& tier, std::optional<double> share) {
  if (tier.timed == tier.cases) return percent_text(share);
  if (tier.timed == 0) return fmt::format("none of {}", counted(tier.cases, "case", "cases"));
  return fmt::format("{} ({} of {})", percent_text(share), tier.timed,
                     counted(tier.cases, "case", "cases"));
}

std::string portability_table(std::span<const ComparedCase> cases,
                              const std::map<std::string, std::string>& labels) {
  const bool several = labels.size() > 1;
  Row head{"kernel", "code"};
  for (const auto& [tier, label] : labels) {
    head.push_back("of the roofline, " + label);
    head.push_back("of the best, " + label);
  }
  if (several) head.insert(head.end(), {"portability, roofline", "portability, best"});
  std::string text = several ? "### Efficiency and performance portability by kernel\n\n"
                             : "### Efficiency by kernel\n\n";
  text += efficiency_note;
  if (several) text += portability_note;
  text += "\n" + markdown::head(head);
  for (const Portability& line : portability_by_origin(cases)) {
    Row cells{line.kernel, line.variant};
    for (const auto& [tier, label] : labels) {
      const auto here = std::find_if(line.tiers.begin(), line.tiers.end(),
                                     [&](const TierEfficiency& t) { return t.tier == tier; });
      const bool known = here != line.tiers.end();
      cells.push_back(known ? efficiency(*here, here->timed_of_roofline) : nothing);
      cells.push_back(known ? efficiency(*here, here->timed_of_best) : nothing);
    }
    // If the kernel was not run on every tier, its metric covers fewer tiers than there are
    // columns.
    const bool everywhere = line.tiers.size() == labels.size();
    if (several) {
      cells.push_back(everywhere ? percent_text(line.of_roofline) : "no value");
      cells.push_back(everywhere ? percent_text(line.of_best) : "no value");
    }
    text += markdown::line(cells);
  }
  return text + "\n";
}

/// Removes and returns the first line of `text`; absent at its end.
std::optional<std::string_view> next_line(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  return take_line(text);
}

std::string quoted(std::optional<std::string_view> line) {
  return line ? fmt::format("'{}'", *line) : std::string("the end of the tables");
}

}  // namespace

std::string performance_tables(std::span<const Record> records) {
  const std::vector<ComparedCase> cases = compared_cases(records);
  if (cases.empty()) throw BadInput("these records have no measured time of a kernel");
  RowsByTier tiers = rows_by_tier(records);
  std::set<std::string> compared;
  for (const ComparedCase& line : cases) compared.insert(line.tier);
  std::erase_if(tiers, [&](const auto& tier) { return !compared.contains(tier.first); });
  const std::map<std::string, std::string> labels = labels_of(tiers);
  return "\n" + std::string(introduction) + measured_where(tiers, labels) +
         case_tables(cases, labels) + speed_by_kernel(records, labels) +
         portability_table(cases, labels);
}

std::optional<std::string> performance_fault(std::string_view page, std::string_view tables,
                                             const std::string& file) {
  std::string_view part = markdown::part_between(page, performance_markers, file);
  const std::string_view before =
      page.substr(0, static_cast<std::size_t>(part.data() - page.data()));
  auto number = 1 + std::count(before.begin(), before.end(), '\n');
  for (;; ++number) {
    const auto got = next_line(part), expected = next_line(tables);
    if (!got && !expected) return std::nullopt;
    if (got != expected) {
      return fmt::format("{}:{}: got {}, expected {}", file, number, quoted(got), quoted(expected));
    }
  }
}

}  // namespace kernelgate
