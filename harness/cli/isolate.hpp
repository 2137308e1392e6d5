// Runs a list of jobs in a child process that survives neither a crash nor a hang, and goes on with
// the next job in a fresh child: one bad kernel costs one case.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace kernelgate {

/// How one job ended. `text` is what the job returned, or why it did not.
struct JobOutcome {
  enum class End { returned, died, timed_out };
  End end = End::returned;
  std::string text;
};

struct IsolatedJobs {
  std::int64_t count = 0;
  double time_limit_seconds = 0;  // of one job; 0: none
  /// Called once in every child before its first job (threads may start here, not in the parent).
  std::function<void()> begin;
  /// Runs job i in the child; what it returns reaches `finish` in the parent.
  std::function<std::string(std::int64_t)> run;
  std::function<void(std::int64_t, const JobOutcome&)> finish;
};

/// Runs all jobs in order. The calling process must not have started threads yet.
void run_isolated(const IsolatedJobs& jobs);

}  // namespace kernelgate
