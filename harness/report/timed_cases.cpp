#include "harness/report/timed_cases.hpp"

#include "harness/report/tier.hpp"

namespace kernelgate {

std::map<std::string, TimedTiers> timed_cases(std::span<const Record> records) {
  std::map<std::string, TimedTiers> kernels;
  for (const Record& record : records) {
    if (!is_measured_speed(record)) continue;
    const TimedCase what{record.axes, record.cache ? std::string(name(*record.cache)) : ""};
    const Record*& row = kernels[record.kernel][tier_of(record).name][what][record.variant];
    if (row == nullptr || row->time_utc <= record.time_utc) row = &record;
  }
  return kernels;
}

double seconds_of(const Record& record) {
  if (record.status != Status::passed) return 0;
  const double seconds = record.time_median_seconds.value_or(0);
  return seconds > 0 ? seconds : 0;
}

}  // namespace kernelgate
