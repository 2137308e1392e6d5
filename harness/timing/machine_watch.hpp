// What the machine shows of itself while a kernel is timed: its clock, whether heat or power held
// it back, and whether another program took a core. Where the system shows nothing, nothing is
// said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kernelgate {

class MachineWatch {
 public:
  /// Linux's folders of processors and of this process's threads; tests make up some of their own.
  explicit MachineWatch(const std::filesystem::path& cpus = "/sys/devices/system/cpu",
                        std::filesystem::path threads = "/proc/self/task");

  /// Throttle events of all cores and packages since the start of the system (thermal_throttle).
  std::optional<std::int64_t> throttle_events() const;
  /// How long the threads of this process were ready to run and had no core since their start,
  /// added up (Linux: Documentation/scheduler/sched-stats). What a hypervisor takes away is not
  /// seen.
  std::optional<double> waiting_seconds() const;
  /// Mean of the processors' present clocks (cpufreq).
  std::optional<double> clock_hz() const;

 private:
  std::vector<std::filesystem::path> throttle_files_, clock_files_;
  std::filesystem::path threads_;
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
