#include "harness/report/markdown_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "harness/core/counted.hpp"
#include "harness/core/printable.hpp"
#include "harness/report/covered.hpp"
#include "harness/report/markdown.hpp"
#include "harness/report/model_figures.hpp"
#include "harness/report/native_ratio.hpp"
#include "harness/report/pass_matrix.hpp"
#include "harness/report/portability.hpp"
#include "harness/report/text.hpp"
#include "harness/report/unsupported_reasons.hpp"

namespace kernelgate {
namespace {

constexpr std::size_t max_failures = 20, max_lines = 40, message_limit = 300;

std::string verdict(const std::vector<Record>& records) {
  std::int64_t judged = 0, failed = 0, unsupported = 0, slower = 0;
  for (const Record& record : records) {
    judged += record.status != Status::unsupported;
    failed += is_failure(record.status);
    unsupported += record.status == Status::unsupported;
    slower += record.row == RowKind::compare && record.verdict == "slower";
  }
  std::string line = judged == 0   ? "**Nothing ran**"
                     : failed > 0  ? fmt::format("**✗ {} of {} failed**", failed,
                                                 counted(judged, "result", "results"))
                     : judged == 1 ? "**✓ 1 result passed**"
                                   : fmt::format("**✓ All {} results passed**", judged);
  if (slower > 0) line += fmt::format(", **✗ {} slower than the baseline**", slower);
  if (unsupported > 0) line += fmt::format(", {} unsupported", unsupported);
  return line + "\n\n";
}

// One line per kernel: each measured device, and all modelled ones together.
std::string matrix(const std::vector<Record>& records, const PageText& text) {
  const PassMatrix all = pass_matrix(records, text.covers);
  if (all.cells.empty()) return {};
  std::set<std::string> measured;
  for (const Tier& tier : all.tiers) {
    if (tier.provenance == Provenance::measured) measured.insert(tier.name);
  }
  struct Sum {
    std::int64_t passed = 0, ran = 0;
    std::set<std::string> devices;                         // with runs of their own
    std::map<std::string, std::set<std::string>> covered;  // device -> devices that ran
    void add(const PassCell& cell) {
      passed += cell.passed;
      ran += cell.ran();
      if (cell.ran() > 0) devices.insert(cell.tier.name);
      if (cell.covered() > 0) {
        covered[cell.tier.name].insert(cell.covered_by.begin(), cell.covered_by.end());
      }
    }
    // A device with runs of its own does not count as covered.
    std::string devices_text() const {
      std::int64_t others = 0;
      std::set<std::string> covered_by;
      for (const auto& [device, by] : covered) {
        if (devices.contains(device)) continue;
        ++others;
        covered_by.insert(by.begin(), by.end());
      }
      std::string words = run_words(devices);
      if (others > 0) words += "; " + more_covered_words(others, covered_by);
      return words;
    }
    std::string text() const {
      if (ran == 0) return "–";
      return passed == ran ? fmt::format("✓ {}", ran) : fmt::format("✗ {} of {}", passed, ran);
    }
  };
  std::map<std::string, std::map<std::string, Sum>> lines;
  std::map<std::string, Sum> modelled;
  for (const PassCell& cell : all.cells) {
    lines[cell.kernel];
    if (cell.tier.provenance == Provenance::measured) {
      lines[cell.kernel][cell.tier.name].add(cell);
    } else {
      modelled[cell.kernel].add(cell);
    }
  }
  markdown::Row head{"kernel"};
  for (const std::string& tier : measured) head.push_back(markdown_escaped(tier) + ", measured");
  if (!modelled.empty()) head.emplace_back("virtual devices, modelled");
  std::string out = "### Correctness\n\n" + markdown::head(head);
  for (auto& [kernel, sums] : lines) {
    markdown::Row row{markdown_escaped(kernel)};
    for (const std::string& tier : measured) row.push_back(sums[tier].text());
    if (!modelled.empty()) {
      const Sum& sum = modelled[kernel];
      row.push_back(sum.ran == 0
                        ? "–"
                        : fmt::format("{} {}", sum.text(), markdown_escaped(sum.devices_text())));
    }
    out += markdown::line(row);
  }
  if (!modelled.empty() && text.covers) {
    out += fmt::format("\n{}.\n", markdown_escaped(covered_meaning()));
  }
  return out + "\n";
}

std::string failures(const std::vector<Record>& records, const PageText& text) {
  std::string out;
  std::size_t count = 0;
  for (const Record& record : records) {
    if (!is_failure(record.status)) continue;
    if (++count > max_failures) continue;
    out += fmt::format("- **{}** {}{}: {}\n", name(record.status), markdown_escaped(record.id()),
                       record.device.empty() ? "" : " on " + markdown_escaped(record.device),
                       markdown_escaped(shortened(record.message, message_limit)));
    const std::string command = text.repro_command(record);
    if (!command.empty()) out += fmt::format("  <br><code>{}</code>\n", markdown_escaped(command));
  }
  if (count == 0) return {};
  if (count > max_failures) out += fmt::format("- and {} more\n", count - max_failures);
  return "### What failed\n\n" + out + "\n";
}

// A row per kernel, variant and device, over the cases that the variant has a time for.
std::string speed(const std::vector<Portability>& lines) {
  markdown::Row head{"kernel", "variant",         "device",
                     "cases",  "of the roofline", "of the best variant"};
  std::string rows;
  std::size_t count = 0;
  for (const Portability& line : lines) {
    for (const TierEfficiency& tier : line.tiers) {
      if (++count > max_lines) continue;
      rows +=
          markdown::line({markdown_escaped(line.kernel), markdown_escaped(line.variant),
                          markdown_escaped(tier.tier), cases_text(tier),
                          percent_text(tier.timed_of_roofline), percent_text(tier.timed_of_best)});
    }
  }
  if (count > max_lines) rows += fmt::format("\n{} more.\n", count - max_lines);
  return "### Speed (measured)\n\nHarmonic means over the cases that the variant has a time for; "
         "the column `cases` gives their number.\n\n" +
         markdown::head(head) + rows + "\n";
}

// The metric over several devices. A case that is unsupported or incorrect makes it 0.
std::string performance_portability(const std::vector<Portability>& lines) {
  std::set<std::string> devices;
  for (const Portability& line : lines) {
    for (const TierEfficiency& tier : line.tiers) devices.insert(tier.tier);
  }
  if (devices.size() < 2) return {};
  std::string out = fmt::format(
      "### Performance portability (measured)\n\nHarmonic means over {} devices; 0 if a device "
      "does not support a case or computes it incorrectly, no value if a case was not run.\n\n",
      devices.size());
  out += markdown::head({"kernel", "variant", "devices", "of the roofline", "of the best variant"});
  for (std::size_t i = 0; i < std::min(lines.size(), max_lines); ++i) {
    const Portability& line = lines[i];
    out += markdown::line({markdown_escaped(line.kernel), markdown_escaped(line.variant),
                           std::to_string(line.tiers.size()), percent_text(line.of_roofline),
                           percent_text(line.of_best)});
  }
  if (lines.size() > max_lines) out += fmt::format("\n{} more.\n", lines.size() - max_lines);
  return out + "\n";
}

std::string speeds(const std::vector<Record>& records) {
  const std::vector<Portability> lines = portability(records);
  return lines.empty() ? std::string() : speed(lines) + performance_portability(lines);
}

std::string ratios(const std::vector<Record>& records) {
  const std::vector<NativeRatioSummary> lines = summarise(native_ratios(records));
  if (lines.empty()) return {};
  const auto times = [](std::optional<double> ratio, std::int64_t cases) {
    return ratio ? fmt::format("{:.2f}x ({})", *ratio, counted(cases, "case", "cases"))
                 : std::string("–");
  };
  std::string out =
      "### Portable, tuned and vendor code (measured)\n\nTime of `kokkos` over that of the fastest "
      "variant made for the device, and of the fastest vendor library: geometric means. Above 1 "
      "the "
      "portable code is slower.\n\n" +
      markdown::head({"kernel", "device", "to tuned", "to vendor"});
  for (const NativeRatioSummary& line : lines) {
    out += markdown::line({markdown_escaped(line.kernel), markdown_escaped(line.tier),
                           times(line.native, line.native_cases),
                           times(line.vendor, line.vendor_cases)});
  }
  return out + "\n";
}

std::string whole_model(const std::vector<Record>& records) {
  std::string out;
  const std::vector<CurvePoint> points = curve_points(records);
  if (!points.empty()) {
    out += "### Tokens per second\n\n" +
           markdown::head({"model", "phase", "tokens", "sequences", "context", "tokens/s",
                           "roofline", "disturbed", "provenance"});
    for (const CurvePoint& p : points) {
      out += markdown::line(
          {markdown_escaped(p.model + " " + p.dtype), p.decode ? "decode" : "prefill",
           std::to_string(p.tokens), std::to_string(p.batch),
           p.decode ? std::to_string(p.context) : "", fmt::format("{:.4g}", p.tokens_per_second),
           p.roof ? fmt::format("{:.4g}", *p.roof) : "",
           p.marked && p.samples ? fmt::format("{} of {}", *p.marked, *p.samples) : "",
           std::string(name(p.tier.provenance))});
    }
    out += "\n";
  }
  const std::vector<KvFigure> caches = kv_figures(records);
  if (!caches.empty()) {
    out += "### KV cache (measured)\n\n" +
           markdown::head({"model", "attention", "tokens", "bytes", "of minimum", "saving"});
    for (const KvFigure& f : caches) {
      out += markdown::line({markdown_escaped(f.model + " " + f.dtype), markdown_escaped(f.scheme),
                             std::to_string(f.tokens), std::to_string(f.bytes),
                             f.of_least ? fmt::format("{:.2f}x", *f.of_least) : "",
                             f.lost_saving ? "✗ lost" : "✓"});
    }
    out += "\n";
  }
  return out;
}

// Results of comparing two builds: all cases that differ, and the number of those that do not.
std::string comparisons(const std::vector<Record>& records) {
  std::map<std::string, std::int64_t> counts;
  std::string lines;
  std::size_t shown = 0;
  const auto percent_more = [](std::optional<double> ratio) {
    return ratio ? fmt::format("{:+.1f} %", 100 * (*ratio - 1)) : std::string();
  };
  for (const Record& r : records) {
    if (r.row != RowKind::compare) continue;
    ++counts[r.verdict];
    if (r.verdict == "same" || r.verdict == "same_code" || ++shown > max_lines) continue;
    lines += markdown::line(
        {(r.verdict == "slower" ? "✗ " : "") + markdown_escaped(r.verdict),
         markdown_escaped(r.id()), percent_more(r.ratio_to_baseline),
         r.ratio_low ? percent_more(r.ratio_low) + " .. " + percent_more(r.ratio_high) : "",
         markdown_escaped(r.baseline)});
  }
  if (counts.empty()) return {};
  std::string out = "### Against the baseline (measured)\n\n";
  std::string sums;
  for (const auto& [verdict, count] : counts) {
    sums += fmt::format("{}{} {}", sums.empty() ? "" : ", ", count, markdown_escaped(verdict));
  }
  out += sums + ".\n\n";
  if (!lines.empty()) {
    out += markdown::head({"verdict", "case", "time", "interval", "baseline"}) + lines;
  }
  if (shown > max_lines) out += fmt::format("\n{} more.\n", shown - max_lines);
  return out + "\n";
}

std::string changes(const std::vector<Record>& records, const PageText& text) {
  if (!text.find_changes) return {};
  const std::vector<Record> all = history_rows(records, text.earlier);
  std::string out;
  std::size_t count = 0;
  for (const HistorySeries& series : history_series(all, text.find_changes)) {
    for (const LevelChange& change : series.changes) {
      if (++count > max_lines) continue;
      const HistoryPoint& at = series.points[change.first];
      out += fmt::format("- {} on {}: {} from {} on ({})\n", markdown_escaped(series.id),
                         markdown_escaped(series.tier), ratio_text(change.after / change.before),
                         markdown_escaped(at.commit), markdown_escaped(at.time_utc));
    }
  }
  if (count == 0) return {};
  if (count > max_lines) out += fmt::format("- and {} more\n", count - max_lines);
  return "### Changes of level (measured)\n\n" + out + "\n";
}

}  // namespace

std::string markdown_escaped(std::string_view from) {
  const std::string text = printable_line(from);
  const auto word = [&](std::size_t at) {
    return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    bool special = std::string_view("\\`*[]<>#|~&@").find(text[i]) != std::string_view::npos;
    if (text[i] == '_')
      special = i == 0 || !word(i - 1) || !word(i + 1);  // plain text inside a word
    if (text[i] == ':') special = i + 1 < text.size() && text[i + 1] == '/';  // a URL
    if (special) {
      out += fmt::format("&#{};", static_cast<int>(byte));
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string markdown_summary(const std::vector<Record>& records, const PageText& text) {
  std::string out = fmt::format("## {}\n\n", markdown_escaped(text.title));
  if (!text.subtitle.empty()) out += markdown_escaped(text.subtitle) + "\n\n";
  out += verdict(records) + failures(records, text) + comparisons(records) + matrix(records, text) +
         speeds(records) + ratios(records) + whole_model(records) + changes(records, text);
  if (!text.left_out.empty()) {
    out += "### Not run\n\n";
    for (const std::string& line : text.left_out) out += "- " + markdown_escaped(line) + "\n";
    out += "\n";
  }
  if (!records.empty()) {
    const Environment& here = records.front().environment;
    out += fmt::format("<sub>commit {}, {}, {}</sub>\n", markdown_escaped(here.commit),
                       markdown_escaped(here.compiler), markdown_escaped(here.cpu));
  }
  return out;
}

}  // namespace kernelgate
