// Records of many runs as series: the times of one variant on one case and machine, job after job.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/history/change_points.hpp"
#include "harness/records/record.hpp"

namespace kernelgate::history {

/// One job: all rows of one run. Times inside of a job share its luck, so they are one value.
struct Job {
  std::string run_id, time_utc, commit;
  double seconds = 0;  // the median of its rows' medians
};

/// What has to be equal for times to be put beside each other. Not the clock that was measured: it
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

/// Histories of all rows that have a time of their own (bench, and of comparisons the candidate's),
/// with their change points; by key. Modelled and compiled figures are left out.
std::vector<History> histories_of(std::span<const Record> records, const ChangeRules& rules);

/// The records of files, each row once however many files hold it, in the order of their time.
std::vector<Record> merged(std::vector<std::vector<Record>> files);

}  // namespace kernelgate::history
