// Setup and result of a comparison: the data that the parts of `kernelgate compare` share.
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
#include "harness/core/variant_role.hpp"
#include "harness/records/record.hpp"
#include "harness/timing/time_summary.hpp"

namespace kernelgate {

/// The processes of a round. `again` repeats the baseline to measure the noise.
enum class SideName { baseline, candidate, again };
constexpr std::string_view name(SideName side) {
  constexpr std::string_view names[] = {"baseline", "candidate", "again"};
  return names[static_cast<int>(side)];
}

/// One build with its start options.
struct Side {
  Build build;
  std::vector<std::string> options;  // before the command: --threads, --plugin
  std::string plugin;                // file of this side's own plugin; empty: none
};

/// One variant on one case.
struct CompareTarget {
  std::string kernel, variant, axes, dtype;
  Backend backend = Backend::kokkos;
  std::string id() const { return kernel + "/" + variant + "/" + axes; }
};

/// The two sides and the method of a comparison.
struct CompareSetup {
  Side baseline, candidate;
  compare::Rules rules;
  compare::Statistic statistic = compare::Statistic::lower_quartile;
  CacheMode cache = CacheMode::cold;
  int samples = 15;
  double min_seconds = 0.005;  // minimum per sample
  std::uint64_t seed = 1;      // of the inputs
  std::uint64_t order_seed = 1;
  double process_limit_seconds = 600;
  double budget_seconds = 0;  // time limit of all rounds together; 0: none
  std::string run_id;
  std::vector<std::string> words;  // options that reproduce sides and method

  /// Name of a target's baseline if its process reports no commit: the plugin's file or the build's
  /// origin.
  const std::string& baseline_of(const CompareTarget& target) const {
    const bool foreign = role_of(target.variant) == VariantRole::plugin && !baseline.plugin.empty();
    return foreign ? baseline.plugin : baseline.build.origin;
  }
  const Side& side(SideName name) const {
    return name == SideName::candidate ? candidate : baseline;
  }
};

/// Result of one target.
struct Comparison {
  CompareTarget target;
  Status status = Status::passed;
  std::string message;                // why not passed, or a note for the reader
  std::array<std::string, 2> code{};  // of baseline and candidate
  bool same_code = false;
  bool invalid = false;  // below the roofline time, or the baseline differs from itself
  compare::Ended ended;  // candidate against baseline
  compare::Answer answer = compare::Answer::cannot_tell;  // corrected for the number of cases
  compare::Ended again;                                   // the baseline against itself
  std::int64_t rounds = 0;
  DisturbedCount disturbed;  // samples of all rounds
  std::optional<std::int64_t> bytes, flops;
  std::optional<double> read_bandwidth, peak_flops, roofline_seconds;
  std::string device, baseline_commit, candidate_commit;
  std::vector<double> baseline_seconds, candidate_seconds;  // one number per process

  bool timed() const { return status == Status::passed && rounds > 0; }
  /// One of slower, same, faster, cannot_tell, same_code, invalid, not_timed.
  std::string verdict() const;
};

}  // namespace kernelgate
