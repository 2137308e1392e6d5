// One measurement as one row. Names of numbers contain the unit. A value that was not measured is
// absent, never 0. The columns of the file are in columns.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "harness/core/backend.hpp"
#include "harness/core/error.hpp"
#include "harness/core/fill.hpp"
#include "harness/records/environment.hpp"

namespace kernelgate {

/// Incremented whenever a column is added, removed or changes its meaning.
inline constexpr std::int64_t record_schema_version = 5;
/// The oldest schema that is still read. Its columns are a subset of the current ones, with equal
/// meaning.
inline constexpr std::int64_t oldest_record_schema = 2;

/// Kind of a row.
enum class RowKind {
  check,    // a variant's outputs were judged
  bench,    // a variant was timed
  forward,  // the whole model's outputs were judged against reference outputs
  round,    // one process of one side of a comparison was timed
  compare,  // two builds were compared on a variant and case
};
constexpr std::string_view name(RowKind kind) {
  constexpr std::string_view names[] = {"check", "bench", "forward", "round", "compare"};
  return names[static_cast<int>(kind)];
}

/// Whether a timed run finds its data in the caches.
enum class CacheMode {
  cold,  // buffers rotated over several times the last-level cache
  hot,   // the same buffers in every run
};
constexpr std::string_view name(CacheMode mode) { return mode == CacheMode::cold ? "cold" : "hot"; }

struct Record {
  std::int64_t schema_version = record_schema_version;
  std::string time_utc;  // "2026-01-31T23:59:59Z"
  std::string run_id;    // the same for all rows of one command
  RowKind row = RowKind::check;

  std::string kernel, variant;
  Backend backend = Backend::kokkos;
  std::string axes;  // "tokens=7,out=64,in=64,bf16"; forward: what was compared
  std::string dtype;
  std::optional<DataMode> data;
  std::optional<std::uint64_t> seed;           // of the inputs
  std::string device;                          // profile of a virtual device; empty: this host
  std::optional<std::uint64_t> schedule_seed;  // order of blocks, waves and lanes; virtual only

  Status status = Status::passed;
  Provenance provenance = Provenance::measured;
  std::optional<std::int64_t> checked, total;  // elements judged, elements of the outputs
  std::optional<double> worst_error_ratio;     // largest |got - expected| / allowed; 1 is the limit
  std::string message;                         // why not passed, in one line

  std::optional<CacheMode> cache;
  std::optional<std::int64_t> samples;
  std::optional<double> time_median_seconds;
  std::optional<double> time_low_seconds;                 // lower quartile
  std::optional<double> time_high_seconds;                // upper quartile
  std::optional<std::int64_t> bytes, flops;               // minimum traffic and operations of a run
  std::optional<double> read_bandwidth_bytes_per_second;  // of this machine, in the same run
  std::optional<double> peak_flops_per_second;            // of this machine, in the same run
  std::optional<double> roofline_seconds;                 // max(bytes / bandwidth, flops / peak)
  std::optional<double> percent_of_roofline;  // 100 * floor / median; 100 is the machine's limit
  std::string baseline;                       // variant compared with; empty: none
  std::optional<double> ratio_to_baseline;    // time of this / time of the baseline; < 1 is faster

  // Fields of comparisons (docs/compare.md).
  std::string side;                         // baseline, candidate or again (the baseline once more)
  std::optional<std::int64_t> round;        // from 1; compare: number of rounds
  std::optional<std::int64_t> place;        // position of the process in its round, from 1
  std::optional<std::uint64_t> order_seed;  // seed of the drawn order
  std::string code;                         // hash of the machine code of the kernel
  std::string sample_seconds;               // every sample in its order, joined by spaces
  std::optional<std::int64_t> disturbed_samples;  // disturbed samples
  std::optional<double> clock_hz;                 // while timing, if the system reports it
  std::optional<double> instructions;             // of one run, user space, all threads
  std::optional<double> cycles;                   // likewise
  std::string verdict;                            // of a compare row
  std::optional<double> ratio_low, ratio_high;    // interval of ratio_to_baseline
  std::optional<double> chance;                   // probability of the verdict if nothing differed
  std::optional<double> smallest_visible_ratio;   // slowdown that this job detects 4 times in 5

  std::string options;  // of the reproduction command, if in no other column; shell words

  Environment environment;

  /// "linear/kokkos/tokens=7,out=64,in=64,bf16"
  std::string id() const { return kernel + "/" + variant + "/" + axes; }
  bool operator==(const Record&) const = default;
};

/// The current time as "2026-01-31T23:59:59Z".
std::string utc_now();
/// A unique id for this run: the time, the process and a random number.
std::string new_run_id();

/// A row of this run with the current time and environment, and without results.
Record start_record(RowKind row, std::string run_id);

/// The reproduction command of this row, quoted for bash.
std::string repro_command(const Record& record);

/// Appends words to the row's options, quoted for bash.
void add_options(Record& record, std::span<const std::string> words);

}  // namespace kernelgate
