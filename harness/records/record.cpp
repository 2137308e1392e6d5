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

}  // namespace kernelgate
