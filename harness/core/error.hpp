// Outcomes of a run: exit codes, the status of a case, and the errors that end a command.
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
  missing_resource = 7,     // memory, address space, threads, processes
  internal_error = 8,       // a fault of the program itself
  device_lost = 9,          // a GPU that failed in mid-run
};

/// The graver of two exit codes. A wrong result is final and outweighs everything; after the
/// errors, on a lost device and in an invalid environment nothing can be said about speed; "nothing
/// ran" tells least.
constexpr ExitCode graver(ExitCode a, ExitCode b) {
  constexpr int gravity[] = {0, 9, 4, 3, 2, 1, 6, 5, 8, 7};  // of codes 0 to 9
  return gravity[static_cast<int>(a)] >= gravity[static_cast<int>(b)] ? a : b;
}

/// Outcome of one case on one variant.
enum class Status {
  passed,          // every judged element within its error bound
  incorrect,       // a result outside its bound, a write outside its buffer, or nothing written
  failed_recheck,  // correct at first, wrong when verified again after timing
  unsupported,     // rejected before the launch, with a reason
  crashed,         // threw, or its process crashed
  timed_out,       // over the time limit of a case
};

constexpr std::string_view name(Status status) {
  constexpr std::string_view names[] = {"passed",      "incorrect", "failed_recheck",
                                        "unsupported", "crashed",   "timed_out"};
  return names[static_cast<int>(status)];
}

/// Provenance of a metric. Tables that mix provenances state it per metric.
enum class Provenance { measured, modelled, compiled };

constexpr std::string_view name(Provenance kind) {
  constexpr std::string_view names[] = {"measured", "modelled", "compiled"};
  return names[static_cast<int>(kind)];
}

/// An error that ends a command with its own exit code. The message gives what, where, got and
/// expected. Other exceptions are internal errors.
class Error : public std::runtime_error {
 public:
  ExitCode exit_code() const { return exit_code_; }

 protected:
  Error(ExitCode code, const std::string& message)
      : std::runtime_error(message), exit_code_(code) {}

 private:
  ExitCode exit_code_;
};

/// The user's input cannot be used.
class BadInput : public Error {
 public:
  explicit BadInput(const std::string& message) : Error(ExitCode::bad_input, message) {}
};

/// The machine lacks what the input needs. A case that cannot run for this reason is unsupported.
class Unavailable : public Error {
 protected:
  using Error::Error;
};

/// The machine does not give what the input needs: memory, address space, threads, processes.
class MissingResource : public Unavailable {
 public:
  explicit MissingResource(const std::string& message)
      : Unavailable(ExitCode::missing_resource, message) {}
};

/// This machine has no device for a backend, or this build no kernels or executor for it.
class NoDevice : public Unavailable {
 public:
  explicit NoDevice(const std::string& message) : Unavailable(ExitCode::nothing_ran, message) {}
};

/// A GPU failed in mid-run: in this process, its runtime answers every later call with the same
/// error.
class DeviceLost : public Error {
 public:
  explicit DeviceLost(const std::string& message) : Error(ExitCode::device_lost, message) {}
};

/// A launch that the device rejected or in which it detected a fault. On a virtual device its data
/// are undefined afterwards.
class NativeFault : public std::runtime_error {
 public:
  explicit NativeFault(const std::string& findings)
      : std::runtime_error(findings), findings_(findings) {}
  /// what() is the headline (which kernel, where) followed by the diagnostics.
  NativeFault(const std::string& headline, const std::string& findings)
      : std::runtime_error(headline + "\n" + findings), findings_(findings) {}

  /// Lines in the message format: "race     read-write, shared memory, …".
  const std::string& findings() const { return findings_; }

 private:
  std::string findings_;
};

}  // namespace kernelgate
