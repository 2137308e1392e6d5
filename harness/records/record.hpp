// One measurement as one row. Every number has its unit in its name; what was not measured is
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

/// Raised by one whenever a column is added, removed or changes its meaning.
inline constexpr std::int64_t record_schema_version = 4;
/// The oldest that is still read: its columns are a part of today's, with the same meaning.
inline constexpr std::int64_t oldest_record_schema = 2;

/// What a row states.
enum class RowKind {
  check,    // a variant's outputs were judged
  bench,    // a variant was timed
  forward,  // the whole model's outputs were judged against known ones
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
  hot,   // the same buffers again and again
};
constexpr std::string_view name(CacheMode mode) { return mode == CacheMode::cold ? "cold" : "hot"; }

struct Record {
  std::int64_t schema_version = record_schema_version;
  std::string time_utc;  // "2026-01-31T23:59:59Z"
  std::string run_id;    // the same for all rows of one command
  RowKind row = RowKind::check;

  std::string kernel, variant;
  Backend backend = Backend::kokkos;
  std::string axes;  // "tokens=7,out=64,in=64,bf16"; of a forward row what was compared
  std::string dtype;
  std::optional<DataMode> data;
  std::optional<std::uint64_t> seed;           // of the inputs
  std::string device;                          // profile of a virtual one; empty: this host itself
  std::optional<std::uint64_t> schedule_seed;  // order of blocks, waves and lanes; virtual only

  Status status = Status::passed;
  FigureKind figure = FigureKind::measured;
  std::optional<std::int64_t> checked, total;  // elements judged, of so many
  std::optional<double> worst_budget_ratio;    // largest |got - expected| / allowed; 1 is the edge
  std::string message;                         // why not passed, in one line

  std::optional<CacheMode> cache;
  std::optional<std::int64_t> samples;
  std::optional<double> time_median_seconds;
  std::optional<double> time_low_seconds;                 // lower quartile
  std::optional<double> time_high_seconds;                // upper quartile
  std::optional<std::int64_t> bytes, flops;               // least traffic and operations of one run
  std::optional<double> read_bandwidth_bytes_per_second;  // of this machine, in the same run
  std::optional<double> peak_flops_per_second;            // of this machine, in the same run
  std::optional<double> floor_seconds;                    // max(bytes / bandwidth, flops / peak)
  std::optional<double> percent_of_floor;   // 100 * floor / median; 100 is the machine's limit
  std::string baseline;                     // variant compared with; empty: none
  std::optional<double> ratio_to_baseline;  // time of this / time of the baseline; < 1 is faster

  // Of comparisons (docs/compare.md).
  std::string side;                         // baseline, candidate or again (the baseline once more)
  std::optional<std::int64_t> round;        // from 1; of a compare row how many there were
  std::optional<std::int64_t> place;        // of the process in its round's order, from 1
  std::optional<std::uint64_t> order_seed;  // that the order was drawn from
  std::string code;                         // hash of the machine code of the kernel
  std::string sample_seconds;               // every sample in its order, joined by spaces
  std::optional<std::int64_t> marked_samples;    // disturbed
  std::optional<double> clock_hz;                // while timing, where the system shows it
  std::optional<double> instructions;            // of one run, user space, all threads
  std::optional<double> cycles;                  // likewise
  std::string verdict;                           // of a compare row
  std::optional<double> ratio_low, ratio_high;   // interval of ratio_to_baseline
  std::optional<double> chance;                  // of the verdict if nothing differed
  std::optional<double> smallest_visible_ratio;  // slowdown that this job finds 4 times in 5

  std::string options;  // of the command that reproduces the row, as far as no other column holds
                        // them; shell words

  Environment environment;

  /// "linear/kokkos/tokens=7,out=64,in=64,bf16"
  std::string id() const { return kernel + "/" + variant + "/" + axes; }
  bool operator==(const Record&) const = default;
};

/// Now, as "2026-01-31T23:59:59Z".
std::string utc_now();
/// A name for this run that no other run shares: the time, the process and a drawn number.
std::string new_run_id();

/// A row of this run, made now and here, that states nothing yet.
Record start_record(RowKind row, std::string run_id);

/// The command line that makes this row again, quoted for bash.
std::string again(const Record& record);

/// Adds words to the row's options, quoted for bash.
void add_options(Record& record, std::span<const std::string> words);

}  // namespace kernelgate
