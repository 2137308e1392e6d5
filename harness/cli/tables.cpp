#include "harness/cli/tables.hpp"
#include <fmt/format.h>
#include <map>
namespace kernelgate {
std::string check_table(const std::vector<Record>& records) {
  std::map<std::string, std::map<Status,int>> rows; std::map<std::string,double> worst;
  for (const auto& r : records) { rows[r.kernel + "/" + r.variant][r.status]++; double& w = worst[r.kernel + "/" + r.variant]; w = std::max(w, r.worst_budget_ratio.value_or(0)); }
  std::string text;
  for (const auto& [name, counts] : rows) { text += fmt::format("{:<32}", name); for (const auto& [s, n] : counts) text += fmt::format(" {} {}", kernelgate::name(s), n); text += fmt::format("  worst {:.3f}\n", worst[name]); }
  return text;
}
std::string bench_table(const std::vector<Record>& records) {
  std::string text;
  for (const auto& r : records) if (r.time_median_seconds) text += fmt::format("{:<80} {:>10.1f} us [{:.1f} {:.1f}] {:>7.2f} GB/s {:>8.1f} GFLOP/s {:>5.1f} % floor  x{:.3f} of {}\n", r.id(), 1e6 * *r.time_median_seconds, 1e6 * *r.time_low_seconds, 1e6 * *r.time_high_seconds, 1e-9 * static_cast<double>(*r.bytes) / *r.time_median_seconds, 1e-9 * static_cast<double>(*r.flops) / *r.time_median_seconds, *r.percent_of_floor, r.ratio_to_baseline.value_or(0), r.baseline);
  return text;
}
}
