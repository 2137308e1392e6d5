// Groups records of many runs into series: the times of one variant on one case and machine.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/history/change_points.hpp"
#include "harness/records/record.hpp"

namespace kernelgate::history {

/// One job: all rows of one run. Times within a job share its conditions, so they count as one
/// value.
struct Job {
  std::string run_id, time_utc, commit;
  double seconds = 0;  // the median of its rows' medians
};

/// Fields that must be equal for times to be comparable. The measured clock is excluded, because it
/// changes from minute to minute.
struct SeriesKey {
  std::string kernel, variant, axes, backend, cache, device, cpu, target, compiler, kokkos,
      build_type;
  std::int64_t threads = 0;
  auto operator<=>(const SeriesKey&) const = default;

  /// "linear/kokkos/tokens=7,… cold".
  std::string id() const;
  /// "Fast CPU, 2 threads, GNU 12.2.0".
  std::string machine() const;
};

struct History {
  SeriesKey key;
  std::vector<Job> jobs;  // by time
  std::vector<ChangePoint> changes;
};

/// Histories of all rows that have a time of their own (bench rows, and the candidate's of
/// comparisons), with their change points, by key. Modelled and compiled metrics are left out.
std::vector<History> histories_of(std::span<const Record> records, const ChangeRules& rules);

/// The records of several files, each row once even if several files contain it, sorted by time.
std::vector<Record> merged(std::vector<std::vector<Record>> files);

}  // namespace kernelgate::history
