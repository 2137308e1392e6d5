// Rounds of fresh processes over all targets, until each target has a result.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "harness/compare/rounds.hpp"
#include "harness/compare/sides.hpp"

namespace kernelgate {

/// Runs a comparison.
class CompareRun {
 public:
  struct Hooks {
    std::function<void(const Record&)> keep;           // every process's row, at once
    std::function<void(const std::string&)> progress;  // the present step, as text
  };
  CompareRun(const CompareSetup& setup, Hooks hooks);

  /// Judges both builds, times them in rounds, rechecks them on fresh inputs, and corrects the
  /// results for multiple testing. `earlier`: rows of an interrupted run, or none.
  std::vector<Comparison> run(const std::vector<CompareTarget>& targets,
                              const std::vector<Record>& earlier);

 private:
  struct Open {
    Comparison result;
    CompareRounds rounds;
    std::vector<std::vector<int>> orders;  // of SideName
    bool done = false;
  };
  Open open(const CompareTarget& target, const std::vector<Record>& earlier);
  bool judge(Comparison& result, std::uint64_t seed, Status failure, const std::string& when);
  void time_round(Open& open);
  void look(Open& open);
  void finish(Open& open);
  void compare_with_floor(Open& open);
  void fail(Open& open, SideName side, const SampleReport& report);
  bool out_of_time() const;

  const CompareSetup& setup_;
  compare::Rules rules_;
  Hooks hooks_;
  CompareSides sides_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The baseline as text: a commit, a plugin's file, or the user's argument.
std::string baseline_text(const CompareSetup& setup, const Comparison& result);

/// The row with a target's result.
Record compare_row(const CompareSetup& setup, const Comparison& result);

}  // namespace kernelgate
