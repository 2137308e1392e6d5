// A gate: its parts, each with a verdict and the provenance of its metrics, and the resulting exit
// code.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/error.hpp"

namespace kernelgate {

enum class PartState { passed, failed, slower, cannot_tell, invalid, bad_input, not_run };
constexpr std::string_view name(PartState state) {
  constexpr std::string_view names[] = {"passed",  "FAILED",    "SLOWER", "cannot tell",
                                        "INVALID", "BAD INPUT", "not run"};
  return names[static_cast<int>(state)];
}

struct GatePart {
  std::string name;  // "executor amd-gfx1100"
  PartState state = PartState::not_run;
  std::optional<Provenance> kind;  // provenance of what ran
  std::string words;               // counts, or why it did not run
  std::string command;             // reproduces this part; may be empty
  double seconds = 0;
};

/// State for the exit code of a part's process, used if its records do not decide.
PartState state_of(ExitCode code);

/// The gravest code of all parts that ran; "cannot tell" counts only with `strict`. 5 if none ran.
ExitCode decide(std::span<const GatePart> parts, bool strict);

/// One screen: a line per part, what was measured, modelled, compiled and not run, the verdict.
std::string summary(const std::string& arch, std::span<const GatePart> parts, ExitCode code);

}  // namespace kernelgate
