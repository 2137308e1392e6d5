// Outcomes of a run: exit codes, the status of a case, and the error for bad input.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace kernelgate {

/// Exit codes of every subcommand.
enum class ExitCode : int {
  clean = 0,
  incorrect = 1,
  bad_input = 2,    // usage, unreadable or hostile files
  slower = 3,       // or a worse compiled metric
  cannot_tell = 4,  // only with --strict
  nothing_ran = 5,
  invalid_environment = 6,  // wrong device, A/A failed, below the roofline time
};

/// Outcome of one case on one variant.
enum class Status {
  passed,       // every judged element within its error bound
  incorrect,    // a result outside its bound, a write outside its buffer, or nothing written
  mistrusted,   // correct at first, wrong when verified again after timing
  unsupported,  // rejected before the launch, with a reason
  crashed,      // threw, or its process crashed
  timed_out,    // over the time limit of a case
};

constexpr std::string_view name(Status status) {
  constexpr std::string_view names[] = {"passed",      "incorrect", "mistrusted",
                                        "unsupported", "crashed",   "timed_out"};
  return names[static_cast<int>(status)];
}

/// Provenance of a metric. Tables that mix provenances state it per metric.
enum class FigureKind { measured, modelled, compiled };

constexpr std::string_view name(FigureKind kind) {
  constexpr std::string_view names[] = {"measured", "modelled", "compiled"};
  return names[static_cast<int>(kind)];
}

/// The user's input cannot be used. The message gives what, where, got and expected. Exit code 2.
class BadInput : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace kernelgate
