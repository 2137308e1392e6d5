#include "harness/report/tier.hpp"

#include <fmt/format.h>

#include "harness/core/counted.hpp"

namespace kernelgate {

Tier tier_of(const Record& record) {
  if (!record.device.empty()) return {record.device, record.figure};
  // A variant that no virtual device supports has a single row without a device.
  if (record.figure != FigureKind::measured) return {"any device", record.figure};
  const Environment& here = record.environment;
  if (here.cpu.empty()) return {"this host", record.figure};
  return {fmt::format("{}, {}{}", here.cpu, counted(here.threads, "thread", "threads"),
                      target_words(here)),
          record.figure};
}

bool is_kernel_row(const Record& record) {
  return record.row != RowKind::forward && record.kernel != "model" && record.kernel != "kv";
}

bool is_measured_speed(const Record& record) {
  return record.row == RowKind::bench && record.figure == FigureKind::measured &&
         is_kernel_row(record);
}

}  // namespace kernelgate
