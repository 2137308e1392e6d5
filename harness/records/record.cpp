#include "harness/records/record.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <random>
#include <utility>

namespace kernelgate {

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

std::string new_run_id() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{}-{:06x}", fmt::gmtime(now), ::getpid(),
                     std::random_device{}() & 0xffffffU);
}

Record start_record(RowKind row, std::string run_id) {
  Record record;
  record.time_utc = utc_now();
  record.run_id = std::move(run_id);
  record.row = row;
  record.environment = detect_environment();
  return record;
}

std::string again(const Record& record) {
  if (record.row == RowKind::forward) return "kernelgate validate";
  if (record.row == RowKind::compare) {
    return fmt::format("kernelgate compare --baseline {} --candidate {} --case {} --seed {}",
                       record.baseline, record.environment.commit, record.id(),
                       record.order_seed.value_or(1));
  }
  const std::string_view command = record.row == RowKind::round ? "sample" : name(record.row);
  std::string line = fmt::format("kernelgate {} --case {}", command, record.id());
  if (record.row == RowKind::check && record.data) {
    line += fmt::format(" --data {}", name(*record.data));
  }
  if (record.seed) line += fmt::format(" --seed {}", *record.seed);
  if (!record.device.empty()) {
    line += fmt::format(" --backend {} --device {}", name(record.backend), record.device);
  }
  if (record.schedule_seed) line += fmt::format(" --schedule-seed {}", *record.schedule_seed);
  return line;
}

}  // namespace kernelgate
