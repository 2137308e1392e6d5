#include "harness/report/native_ratio.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include "harness/core/variant_role.hpp"

namespace kernelgate {
namespace {

// Keeps the fastest row. As long as no row has a time, keeps the first one for its reason.
void take_if_better(const Record*& best, const Record& row) {
  if (best == nullptr) {
    best = &row;
    return;
  }
  const double seconds = seconds_of(row), least = seconds_of(*best);
  if (seconds > 0 && (least == 0 || seconds < least)) best = &row;
}

std::optional<Rival> rival(const ComparedCase& line, const Record* row) {
  const std::optional<double> ratio = speed_over_portable(line, row);
  if (!ratio) return std::nullopt;
  return Rival{row->variant, *ratio};
}

bool has_time(const Record* row) { return row != nullptr && seconds_of(*row) > 0; }

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

std::optional<Origin> origin_of(std::string_view variant) {
  if (is_device_shape(variant)) return std::nullopt;
  const VariantRole role = role_of(variant);
  if (role == VariantRole::portable) return Origin::portable;
  return role == VariantRole::baseline ? Origin::vendor : Origin::tuned;
}

std::vector<ComparedCase> compared_cases(std::span<const Record> records) {
  std::vector<ComparedCase> out;
  for (const auto& [kernel, tiers] : timed_cases(records)) {
    for (const auto& [tier, cases] : tiers) {
      for (const auto& [what, rows] : cases) {
        ComparedCase line{.kernel = kernel, .tier = tier, .what = what};
        for (const auto& [variant, row] : rows) {
          const std::optional<Origin> origin = origin_of(variant);
          if (origin == Origin::portable) take_if_better(line.portable, *row);
          if (origin == Origin::tuned) take_if_better(line.tuned, *row);
          if (origin == Origin::vendor) take_if_better(line.vendor, *row);
        }
        if (has_time(line.portable) || has_time(line.tuned) || has_time(line.vendor)) {
          out.push_back(std::move(line));
        }
      }
    }
  }
  return out;
}

std::optional<double> speed_over_portable(const ComparedCase& line, const Record* rival) {
  if (!has_time(line.portable) || !has_time(rival)) return std::nullopt;
  return seconds_of(*line.portable) / seconds_of(*rival);
}

std::vector<Portability> portability_by_origin(std::span<const ComparedCase> cases) {
  std::vector<Record> rows;
  const auto add = [&](const Record* row, Origin origin) {
    if (row == nullptr) return;
    rows.push_back(*row);
    rows.back().variant = name(origin);
  };
  for (const ComparedCase& line : cases) {
    add(line.portable, Origin::portable);
    add(line.tuned, Origin::tuned);
    add(line.vendor, Origin::vendor);
  }
  return portability(rows);
}

std::vector<NativeRatio> native_ratios(std::span<const Record> records) {
  std::vector<NativeRatio> out;
  for (const ComparedCase& line : compared_cases(records)) {
    const auto tuned = rival(line, line.tuned), vendor = rival(line, line.vendor);
    if (!tuned && !vendor) continue;
    out.push_back({line.kernel, line.what.axes, line.what.cache, line.tier,
                   seconds_of(*line.portable), tuned, vendor});
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
