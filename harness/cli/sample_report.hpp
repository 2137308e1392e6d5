// What one process of a comparison says: one line of JSON on standard output, so that builds of
// other commits can be asked, too. Fields are only ever added.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/error.hpp"

namespace kernelgate {

/// Absent figures were not measured or are not shown by the system.
struct SampleReport {
  Status status = Status::passed;
  std::string message;               // why not passed, in one line
  std::string device;                // profile of a GPU; empty: the host
  std::vector<double> seconds;       // samples in their order, each of one run
  std::vector<std::int64_t> marked;  // which of them were disturbed
  bool marks_shown = false;          // whether the program watches for waiting, too
  std::optional<double> clock_hz, instructions, cycles;  // the last two of one run
  std::optional<std::int64_t> bytes, flops;
  std::optional<double> read_bandwidth, peak_flops;  // of the machine: with --roofs
  std::string commit, compiler, flags;               // of the program that ran
  std::int64_t threads = 0;

  /// The disturbed samples; absent where the program does not watch for all disturbances.
  std::optional<std::vector<std::int64_t>> marks() const {
    return marks_shown ? std::optional(marked) : std::nullopt;
  }
};

/// "kernelgate-sample {…}".
std::string sample_line(const SampleReport& report);

/// Whether a program's output has such a line.
bool has_sample_line(std::string_view output);

/// The report in a program's output. Throws BadInput, naming `program`, when there is none or it
/// says what no report says.
SampleReport read_sample_line(std::string_view output, const std::string& program);

}  // namespace kernelgate
