#include "harness/timing/machine_watch.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <utility>

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> number_in(const fs::path& file) {
  std::int64_t number = 0;
  std::ifstream in(file);
  if (in >> number) return number;
  return std::nullopt;
}

bool names_a_processor(const std::string& name) {
  return name.starts_with("cpu") && name.size() > 3 &&
         name.find_first_not_of("0123456789", 3) == std::string::npos;
}

struct EventCode {
  std::uint32_t type;
  std::uint64_t config;
};
EventCode code_of(PerfCounter::Event event) {
  switch (event) {
    case PerfCounter::Event::instructions:
      return {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS};
    case PerfCounter::Event::cycles:
      return {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES};
    case PerfCounter::Event::page_faults:
      break;
  }
  return {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS};
}

std::string why_not(int reason) {
  std::string text = std::strerror(reason);
  if (reason == ENOENT || reason == EOPNOTSUPP || reason == ENODEV) {
    return text + ": this machine shows no such counter (virtual machines often do not)";
  }
  if (reason == EACCES || reason == EPERM) {
    return text +
           ": not permitted; kernel.perf_event_paranoid of 2 or less, or CAP_PERFMON, permits it";
  }
  return text;
}

}  // namespace

MachineWatch::MachineWatch(const fs::path& cpus, fs::path threads) : threads_(std::move(threads)) {
  std::error_code none;
  std::set<fs::path> folders;  // sorted
  for (const auto& entry : fs::directory_iterator(cpus, none)) {
    if (names_a_processor(entry.path().filename().string())) folders.insert(entry.path());
  }
  for (const fs::path& folder : folders) {
    for (const char* file : {"core_throttle_count", "package_throttle_count"}) {
      const fs::path path = folder / "thermal_throttle" / file;
      if (number_in(path)) throttle_files_.push_back(path);
    }
    const fs::path clock = folder / "cpufreq" / "scaling_cur_freq";
    if (number_in(clock)) clock_files_.push_back(clock);
  }
}

std::optional<std::int64_t> MachineWatch::throttle_events() const {
  if (throttle_files_.empty()) return std::nullopt;
  std::int64_t events = 0;
  for (const fs::path& file : throttle_files_) events += number_in(file).value_or(0);
  return events;
}

std::optional<double> MachineWatch::waiting_seconds() const {
  std::error_code none;
  std::optional<double> sum;
  for (const auto& thread : fs::directory_iterator(threads_, none)) {
    std::int64_t ran = 0, waited = 0;  // in nanoseconds
    std::ifstream in(thread.path() / "schedstat");
    // A kernel without these statistics shows zeros even for a running thread.
    if (in >> ran >> waited && ran > 0) sum = sum.value_or(0) + 1e-9 * static_cast<double>(waited);
  }
  return sum;
}

std::optional<double> MachineWatch::clock_hz() const {
  double sum = 0;
  std::int64_t clocks = 0;
  for (const fs::path& file : clock_files_) {
    const auto kilohertz = number_in(file);
    if (!kilohertz || *kilohertz <= 0) continue;
    sum += 1e3 * static_cast<double>(*kilohertz);
    ++clocks;
  }
  if (clocks == 0) return std::nullopt;
  return sum / static_cast<double>(clocks);
}

PerfCounter::PerfCounter(Event event) {
  const EventCode code = code_of(event);
  perf_event_attr wanted{};
  wanted.size = sizeof(wanted);
  wanted.type = code.type;
  wanted.config = code.config;
  wanted.exclude_kernel = 1;
  wanted.exclude_hv = 1;
  wanted.inherit = 1;  // also count threads that start later
  wanted.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  descriptor_ =
      static_cast<int>(::syscall(SYS_perf_event_open, &wanted, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
  if (descriptor_ < 0) missing_ = why_not(errno);
}

PerfCounter::~PerfCounter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<double> PerfCounter::count() const {
  if (descriptor_ < 0) return std::nullopt;
  std::array<std::uint64_t, 3> value{};  // events, time enabled, time counted
  if (::read(descriptor_, value.data(), sizeof(value)) != sizeof(value)) return std::nullopt;
  if (value[2] == 0) return value[0] == 0 ? std::optional<double>(0) : std::nullopt;
  return static_cast<double>(value[0]) * static_cast<double>(value[1]) /
         static_cast<double>(value[2]);
}

}  // namespace kernelgate
