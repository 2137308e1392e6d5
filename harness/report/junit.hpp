// Writes records as JUnit XML for CI systems. Incorrect results and results that failed the recheck
// are failures. Crashes and time-outs are errors. Unsupported rows are skipped with their reason.
// In comparisons, slower is a failure and invalid an error.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// A verdict over more than one row, such as a part of a gate. `unsupported` becomes a skipped
/// test.
struct JunitVerdict {
  std::string name;
  Status status = Status::passed;
  std::string message, repro_command;
  std::string type = {};  // of a failure; empty: the status's name
};

/// One testsuite per kernel with one testcase per row: classname "kernel.variant", name "axes
/// data". If there are verdicts, the testsuite "gate" follows with one testcase each.
std::string junit_text(std::span<const Record> records,
                       std::span<const JunitVerdict> verdicts = {});

/// Writes junit_text(). The old file stays until the new one is complete. Throws BadInput on
/// failure.
void write_junit(const std::filesystem::path& file, std::span<const Record> records,
                 std::span<const JunitVerdict> verdicts = {});

}  // namespace kernelgate
