#include "harness/report/native_ratio.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/report/timed_cases.hpp"

namespace kernelgate {
namespace {

void take_if_faster(std::optional<Rival>& best, const std::string& variant, double ratio) {
  if (!best || ratio > best->ratio) best = Rival{variant, ratio};
}

struct Mean {
  double logs = 0, worst = 0;
  std::int64_t count = 0;
  void add(double ratio) {
    logs += std::log(ratio);
    worst = std::max(worst, ratio);
    ++count;
  }
  std::optional<double> value() const {
    if (count == 0) return std::nullopt;
    return std::exp(logs / static_cast<double>(count));
  }
};

}  // namespace

std::vector<NativeRatio> native_ratios(std::span<const Record> records) {
  std::vector<NativeRatio> out;
  for (const auto& [kernel, tiers] : timed_cases(records)) {
    for (const auto& [tier, cases] : tiers) {
      for (const auto& [what, rows] : cases) {
        const auto portable = rows.find("kokkos");
        if (portable == rows.end() || seconds_of(*portable->second) == 0) continue;
        NativeRatio line{kernel,       what.axes,   what.cache, tier, seconds_of(*portable->second),
                         std::nullopt, std::nullopt};
        for (const auto& [variant, row] : rows) {
          const double seconds = seconds_of(*row);
          if (variant == "kokkos" || seconds == 0) continue;
          take_if_faster(variant.starts_with("baseline/") ? line.vendor : line.native, variant,
                         line.portable_seconds / seconds);
        }
        if (line.native || line.vendor) out.push_back(std::move(line));
      }
    }
  }
  return out;
}

std::vector<NativeRatioSummary> summarise(std::span<const NativeRatio> ratios) {
  struct Both {
    Mean native, vendor;
  };
  std::map<std::pair<std::string, std::string>, Both> groups;
  for (const NativeRatio& line : ratios) {
    Both& group = groups[{line.kernel, line.tier}];
    if (line.native) group.native.add(line.native->ratio);
    if (line.vendor) group.vendor.add(line.vendor->ratio);
  }
  std::vector<NativeRatioSummary> out;
  for (const auto& [key, group] : groups) {
    NativeRatioSummary line{.kernel = key.first, .tier = key.second};
    line.native_cases = group.native.count;
    line.vendor_cases = group.vendor.count;
    line.native = group.native.value();
    line.vendor = group.vendor.value();
    if (line.native) line.native_worst = group.native.worst;
    if (line.vendor) line.vendor_worst = group.vendor.worst;
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace kernelgate
