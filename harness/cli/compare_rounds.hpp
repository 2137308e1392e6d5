// The rounds of one target: numbers of processes that ran close together in time, and what may be
// taken over from a run that was interrupted.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "harness/cli/compare_setup.hpp"

namespace kernelgate {

class CompareRounds {
 public:
  /// `sides`: how many of baseline, candidate, again take part (2 or 3).
  CompareRounds(int sides, compare::Statistic statistic) : sides_(sides), statistic_(statistic) {}

  /// Takes over whole rounds 1, 2, … of earlier rows of the same target, seeds, cache mode, sample
  /// count and code. A round that one run did not finish is no pair and is left out.
  void resume(const std::vector<Record>& rows, const CompareSetup& setup,
              const CompareTarget& target, const std::array<std::string, 2>& code);

  /// Adds the next round: one row a side, in the order of SideName.
  void add(const std::vector<Record>& rows);

  std::int64_t count() const { return static_cast<std::int64_t>(numbers_.size()); }
  /// ln(side / baseline) of every round.
  std::vector<double> differences(SideName side) const;
  /// The same of cycles; nothing unless every process counted them.
  std::optional<std::vector<double>> cycle_differences(SideName side) const;
  /// One number a process.
  std::vector<double> numbers(SideName side) const;
  /// Samples of the rounds in which every side shows them.
  const DisturbedCount& disturbed_samples() const { return disturbed_samples_; }
  /// Rounds in which a process has marked samples alone: their times are those of a crowd.
  std::int64_t disturbed_rounds() const { return disturbed_rounds_; }
  /// Whether they are more than half of the rounds. Both sides then wait for the scheduler's turns,
  /// and that they wait equally long says nothing of the code.
  bool crowded() const { return 2 * disturbed_rounds_ > count(); }
  const std::string& commit(SideName side) const { return commits_[index(side)]; }

 private:
  static std::size_t index(SideName side) { return static_cast<std::size_t>(side); }
  struct Numbers {
    double seconds = 0;
    std::optional<double> cycles;
  };

  int sides_;
  compare::Statistic statistic_;
  std::vector<std::array<Numbers, 3>> numbers_;
  std::array<std::string, 3> commits_;
  DisturbedCount disturbed_samples_;
  std::int64_t disturbed_rounds_ = 0;
};

}  // namespace kernelgate
