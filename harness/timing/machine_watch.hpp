// What the machine shows of itself while a kernel is timed: its clock, and whether heat or power
// held it back. Where the system shows nothing, nothing is said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kernelgate {

class MachineWatch {
 public:
  /// `cpus` is Linux's folder of processors; tests make up one of their own.
  explicit MachineWatch(const std::filesystem::path& cpus = "/sys/devices/system/cpu");

  /// Throttle events of all cores and packages since the start of the system (thermal_throttle).
  std::optional<std::int64_t> throttle_events() const;
  /// Mean of the processors' present clocks (cpufreq).
  std::optional<double> clock_hz() const;

 private:
  std::vector<std::filesystem::path> throttle_files_, clock_files_;
};

/// A counter of the kernel's performance interface for this process and the threads that it starts
/// from then on, in user space alone. Make it before threads start.
class PerfCounter {
 public:
  enum class Event { instructions, cycles, page_faults };
  explicit PerfCounter(Event event);
  ~PerfCounter();
  PerfCounter(const PerfCounter&) = delete;
  PerfCounter& operator=(const PerfCounter&) = delete;

  /// Events so far, scaled up when the processor had to share its counters; nothing when not
  /// permitted.
  std::optional<double> count() const;
  /// Why not: "No such file or directory: this processor shows no such counter"; empty when
  /// counting.
  const std::string& missing() const { return missing_; }

 private:
  int descriptor_ = -1;
  std::string missing_;
};

}  // namespace kernelgate
