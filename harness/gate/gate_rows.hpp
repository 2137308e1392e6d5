// Evaluates a part's records: counts as text, and whether they close the gate.
#pragma once

#include <span>
#include <string>

#include "harness/gate/gate.hpp"
#include "harness/gate/known_failures.hpp"

namespace kernelgate {

/// Sets state, words and kind of a part from the rows that it appended. `end` is the exit code of
/// its process. The rows decide if they explain it (expected failures); otherwise it decides. A
/// part without a judged row did not run.
void judge_rows(GatePart& part, std::span<const Record> rows, std::span<const KnownFailure> known,
                const std::string& arch, const std::string& today, ExitCode end);

}  // namespace kernelgate
