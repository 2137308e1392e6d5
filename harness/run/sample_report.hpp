// Report of one process of a comparison: one line of JSON on standard output, so that builds of
// other commits can take part. Fields are only ever added.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/error.hpp"

namespace kernelgate {

/// Result of one process. An absent number was not measured or is not available on the system.
struct SampleReport {
  Status status = Status::passed;
  std::string message;               // why not passed, one line
  std::string device;                // profile of a GPU; empty: the host
  std::vector<double> seconds;       // samples in order of time, each per run
  std::vector<std::int64_t> marked;  // indices of disturbed samples, ascending
  bool marks_shown = false;          // whether the program also detects waiting threads
  std::optional<double> clock_hz, instructions, cycles;  // the last two per run
  std::optional<std::int64_t> bytes, flops;
  std::optional<double> read_bandwidth, peak_flops;  // of the machine; only with --peaks
  std::string commit, compiler, flags;               // of the program that ran
  std::int64_t threads = 0;

  /// The disturbed samples; absent if the program does not detect all disturbances.
  std::optional<std::vector<std::int64_t>> marks() const {
    return marks_shown ? std::optional(marked) : std::nullopt;
  }
};

/// The report as a line "kernelgate-sample {…}".
std::string sample_line(const SampleReport& report);

/// Whether a program's output contains such a line.
bool has_sample_line(std::string_view output);

/// The report in a program's output. Throws BadInput with the name `program` if there is none or it
/// is malformed.
SampleReport read_sample_line(std::string_view output, const std::string& program);

}  // namespace kernelgate
