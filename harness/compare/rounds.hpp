// The rounds of one target: results of processes that ran close together in time, including those
// taken over from an interrupted run.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "harness/compare/setup.hpp"

namespace kernelgate {

/// Collects the rounds of one target. Each process of a round contributes one number, a statistic
/// of its samples.
class CompareRounds {
 public:
  /// `sides`: the first 2 or 3 of baseline, candidate, again take part.
  CompareRounds(int sides, compare::Statistic statistic) : sides_(sides), statistic_(statistic) {}

  /// Takes over rounds 1, 2, … from earlier rows of the same target, seeds, cache mode, sample
  /// count and code, up to the first round that no single run completed.
  void resume(const std::vector<Record>& rows, const CompareSetup& setup,
              const CompareTarget& target, const std::array<std::string, 2>& code);

  /// Adds the next round: one row per side, in the order of SideName.
  void add(const std::vector<Record>& rows);

  std::int64_t count() const { return static_cast<std::int64_t>(numbers_.size()); }
  /// ln(side / baseline) of every round.
  std::vector<double> differences(SideName side) const;
  /// The same for cycles; nothing unless every process counted them.
  std::optional<std::vector<double>> cycle_differences(SideName side) const;
  /// One number per round: the statistic of this side's process, in seconds.
  std::vector<double> numbers(SideName side) const;
  /// Disturbed samples, of the rounds in which every side reports them.
  const DisturbedCount& disturbed_samples() const { return disturbed_samples_; }
  /// Rounds in which all samples of some process were disturbed: their times are contended.
  std::int64_t disturbed_rounds() const { return disturbed_rounds_; }
  /// Whether these are more than half of the rounds. Both sides then mainly wait for a core, and
  /// equal waiting times show nothing about the code.
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
