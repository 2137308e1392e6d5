// Runs a list of jobs in child processes. A crash or a hang ends a child, and a fresh child
// continues with the next job, so that one bad kernel costs one case.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/error.hpp"

namespace kernelgate {

/// How one job ended. `text` is what the job returned, or why it did not.
struct JobOutcome {
  enum class End {
    returned,
    unavailable,  // the machine lacks what the job needs
    died,         // its process crashed or ended, or lost its device
    timed_out,
  };
  End end = End::returned;
  std::string text;
};

/// The status of a case whose job ended so without a result.
constexpr Status status_of(JobOutcome::End end) {
  if (end == JobOutcome::End::unavailable) return Status::unsupported;
  return end == JobOutcome::End::timed_out ? Status::timed_out : Status::crashed;
}

/// The jobs, and how to run them.
struct IsolatedJobs {
  std::int64_t count = 0;
  double time_limit_seconds = 0;  // per job; 0: none
  int children = 1;               // concurrent processes
  /// First job of each group, ascending from 0. Jobs of a group share state, so one child runs them
  /// in order. Empty: all jobs are one group.
  std::vector<std::int64_t> groups = {};
  /// Called once in every child before its first job. Threads may start here, not in the parent.
  std::function<void()> begin;
  /// Runs job i in the child. Its result is passed to `finish` in the parent. It may throw
  /// Unavailable or DeviceLost; after the latter, a fresh child continues.
  std::function<std::string(std::int64_t)> run;
  /// Called in the parent, in the order of the jobs, whichever child finishes first.
  std::function<void(std::int64_t, const JobOutcome&)> finish;
};

/// Runs all jobs. The calling process must not have started threads yet. If a child cannot begin,
/// throws MissingResource or NoDevice if begin() did, and BadInput otherwise.
void run_isolated(const IsolatedJobs& jobs);

/// Runs job i in this process. Its errors other than Unavailable are passed on.
JobOutcome run_here(const IsolatedJobs& jobs, std::int64_t i);

}  // namespace kernelgate
