#include "harness/report/tier.hpp"

#include <fmt/format.h>

#include "harness/core/counted.hpp"

namespace kernelgate {

Tier tier_of(const Record& record) {
  if (!record.device.empty()) return {record.device, record.provenance};
  // A variant that no virtual device supports has a single row without a device.
  if (record.provenance != Provenance::measured) return {"any device", record.provenance};
  const Environment& here = record.environment;
  if (here.cpu.empty()) return {"this host", record.provenance};
  return {fmt::format("{}, {}{}", here.cpu, counted(here.threads, "thread", "threads"),
                      target_words(here)),
          record.provenance};
}

bool is_kernel_row(const Record& record) {
  return record.row != RowKind::forward && record.kernel != "model" && record.kernel != "kv";
}

bool is_measured_speed(const Record& record) {
  return record.row == RowKind::bench && record.provenance == Provenance::measured &&
         is_kernel_row(record);
}

}  // namespace kernelgate
