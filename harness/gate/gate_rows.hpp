// What a part's records say: counts in words, and whether they close the gate.
#pragma once

#include <span>
#include <string>

#include "harness/gate/gate.hpp"
#include "harness/gate/known_failures.hpp"

namespace kernelgate {

/// State, words and kind of a part out of the rows that it appended. `end` is the exit code of its
/// process: where the rows explain it (expected failures), the rows decide; where they do not, it
/// does. A part without a judged row did not run.
void judge_rows(GatePart& part, std::span<const Record> rows, std::span<const KnownFailure> known,
                const std::string& arch, const std::string& today, ExitCode end);

}  // namespace kernelgate
