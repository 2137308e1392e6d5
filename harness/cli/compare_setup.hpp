// What is compared with what, and how: the data that the parts of `kernelgate compare` share.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/builds/build.hpp"
#include "harness/compare/power.hpp"
#include "harness/compare/verdict.hpp"
#include "harness/records/record.hpp"
#include "harness/timing/time_summary.hpp"

namespace kernelgate {

/// The processes of a round. `again` is the baseline once more: what it shows is noise.
enum class SideName { baseline, candidate, again };
constexpr std::string_view name(SideName side) {
  constexpr std::string_view names[] = {"baseline", "candidate", "again"};
  return names[static_cast<int>(side)];
}

/// One build with the options that it is started with.
struct Side {
  Build build;
  std::vector<std::string> options;  // in front of the command: --threads, --plugin
  std::string plugin;                // whose variants are this side's; empty: none
};

/// One variant on one case.
struct CompareTarget {
  std::string kernel, variant, axes, dtype;
  Backend backend = Backend::kokkos;
  std::string id() const { return kernel + "/" + variant + "/" + axes; }
};

struct CompareSetup {
  Side baseline, candidate;
  compare::Rules rules;
  compare::Statistic statistic = compare::Statistic::lower_quartile;
  CacheMode cache = CacheMode::cold;
  int samples = 15;
  double least_seconds = 0.005;  // of one sample
  std::uint64_t seed = 1;        // of the inputs
  std::uint64_t order_seed = 1;
  double process_limit_seconds = 600;
  double budget_seconds = 0;  // of all rounds together; 0: none
  std::string run_id;
  std::vector<std::string> words;  // options that choose sides and method again

  /// What a reader knows the baseline of a target by, when its process said no commit.
  const std::string& baseline_of(const CompareTarget& target) const {
    const bool foreign = target.variant.starts_with("plugin/") && !baseline.plugin.empty();
    return foreign ? baseline.plugin : baseline.build.origin;
  }
  const Side& side(SideName name) const {
    return name == SideName::candidate ? candidate : baseline;
  }
};

/// How one target ended.
struct Comparison {
  CompareTarget target;
  Status status = Status::passed;
  std::string message;                // why not passed, or what the reader has to know
  std::array<std::string, 2> code{};  // of baseline and candidate
  bool same_code = false;
  bool invalid = false;  // below the floor, or the same code differs from itself
  compare::Ended ended;  // candidate against baseline
  compare::Answer answer = compare::Answer::cannot_tell;  // after the correction for many cases
  compare::Ended again;                                   // the baseline against itself
  std::int64_t rounds = 0;
  DisturbedCount disturbed;  // samples of all rounds
  std::optional<std::int64_t> bytes, flops;
  std::optional<double> read_bandwidth, peak_flops, floor_seconds;
  std::string device, baseline_commit, candidate_commit;
  std::vector<double> baseline_seconds, candidate_seconds;  // one number a process

  bool timed() const { return status == Status::passed && rounds > 0; }
  /// slower, same, faster, cannot_tell; same_code, invalid, not_timed.
  std::string verdict() const;
};

}  // namespace kernelgate
