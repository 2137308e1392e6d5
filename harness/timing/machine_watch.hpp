// Observes the machine while a kernel is timed: its clock, whether heat or power throttled it, and
// whether another program took a core. Values that the system does not provide are absent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kernelgate {

class MachineWatch {
 public:
  /// Linux's folders of processors and of this process's threads; tests create their own.
  explicit MachineWatch(const std::filesystem::path& cpus = "/sys/devices/system/cpu",
                        std::filesystem::path threads = "/proc/self/task");

  /// Throttle events of all cores and packages since boot (thermal_throttle).
  std::optional<std::int64_t> throttle_events() const;
  /// Total time since their start in which the threads of this process were ready to run and had no
  /// core (Linux: Documentation/scheduler/sched-stats). Excludes what a hypervisor takes away.
  std::optional<double> waiting_seconds() const;
  /// Mean of the processors' current clocks (cpufreq).
  std::optional<double> clock_hz() const;

 private:
  std::vector<std::filesystem::path> throttle_files_, clock_files_;
  std::filesystem::path threads_;
};

/// A perf_event counter for this process and the threads that it starts later, in user space only.
/// Construct it before threads start.
class PerfCounter {
 public:
  enum class Event { instructions, cycles, page_faults };
  explicit PerfCounter(Event event);
  ~PerfCounter();
  PerfCounter(const PerfCounter&) = delete;
  PerfCounter& operator=(const PerfCounter&) = delete;

  /// Events so far, scaled up if the processor shared its counters among events; absent if not
  /// permitted.
  std::optional<double> count() const;
  /// Why the count is absent: "No such file or directory: this processor shows no such counter";
  /// empty when counting.
  const std::string& missing() const { return missing_; }

 private:
  int descriptor_ = -1;
  std::string missing_;
};

}  // namespace kernelgate
