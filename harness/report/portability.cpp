#include "harness/report/portability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/core/counted.hpp"
#include "harness/report/timed_cases.hpp"

namespace kernelgate {
namespace {

double fastest_of(const VariantRows& rows) {
  double least = 0;
  for (const auto& [variant, row] : rows) {
    const double seconds = seconds_of(*row);
    if (seconds > 0 && (least == 0 || seconds < least)) least = seconds;
  }
  return least;
}

TierEfficiency on_tier(const std::string& tier, const TimedCases& cases,
                       const std::string& variant) {
  TierEfficiency out{.tier = tier};
  std::vector<double> roofline, best;
  bool floors_known = true;
  for (const auto& [what, rows] : cases) {
    const double fastest = fastest_of(rows);
    if (fastest == 0) continue;  // no variant has a time to compare with
    ++out.cases;
    const auto found = rows.find(variant);
    if (found == rows.end()) {
      ++out.missing;
      continue;
    }
    const Record& row = *found->second;
    const double seconds = seconds_of(row);
    out.unsupported += row.status == Status::unsupported;
    out.wrong += row.status != Status::unsupported && seconds == 0;
    best.push_back(seconds > 0 ? fastest / seconds : 0);
    if (seconds > 0 && !row.roofline_seconds) floors_known = false;
    roofline.push_back(seconds > 0 ? row.roofline_seconds.value_or(0) / seconds : 0);
  }
  const auto timed_only = [](std::vector<double> shares) {
    std::erase(shares, 0.0);
    return shares;
  };
  out.timed = out.cases - out.missing - out.unsupported - out.wrong;
  out.timed_of_best = harmonic_mean(timed_only(best));
  if (floors_known) out.timed_of_roofline = harmonic_mean(timed_only(roofline));
  if (out.missing > 0) return out;
  out.of_best = harmonic_mean(best);
  if (floors_known) out.of_roofline = harmonic_mean(roofline);
  return out;
}

// Absent if any tier has no value. A mean over the remaining tiers would call a variant portable
// because the others were not run.
std::optional<double> over(const std::vector<TierEfficiency>& tiers,
                           std::optional<double> TierEfficiency::*member) {
  std::vector<double> values;
  for (const TierEfficiency& tier : tiers) {
    if (!(tier.*member)) return std::nullopt;
    values.push_back(*(tier.*member));
  }
  return harmonic_mean(values);
}

}  // namespace

std::string cases_text(const TierEfficiency& tier) {
  std::string why;
  const auto add = [&](std::int64_t count, const char* word) {
    if (count > 0) why += fmt::format("{}{} {}", why.empty() ? "" : ", ", count, word);
  };
  add(tier.unsupported, "unsupported");
  add(tier.wrong, "not right");
  add(tier.missing, "not run");
  return fmt::format("{} of {}{}", tier.timed, counted(tier.cases, "case", "cases"),
                     why.empty() ? "" : " (" + why + ")");
}

std::optional<double> harmonic_mean(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const double value : values) {
    if (!(value > 0)) return 0;
    sum += 1 / value;
  }
  return static_cast<double>(values.size()) / sum;
}

std::vector<Portability> portability(std::span<const Record> records) {
  std::vector<Portability> out;
  for (const auto& [kernel, tiers] : timed_cases(records)) {
    std::set<std::string> variants;
    for (const auto& [tier, cases] : tiers) {
      for (const auto& [what, rows] : cases) {
        for (const auto& [variant, row] : rows) variants.insert(variant);
      }
    }
    for (const std::string& variant : variants) {
      Portability line{.kernel = kernel, .variant = variant};
      for (const auto& [tier, cases] : tiers) {
        TierEfficiency here = on_tier(tier, cases, variant);
        if (here.cases > 0) line.tiers.push_back(std::move(here));
      }
      if (line.tiers.empty()) continue;
      line.of_roofline = over(line.tiers, &TierEfficiency::of_roofline);
      line.of_best = over(line.tiers, &TierEfficiency::of_best);
      out.push_back(std::move(line));
    }
  }
  return out;
}

}  // namespace kernelgate
