// Records as JUnit XML, for CI systems that show tests. Incorrect and mistrusted results are
// failures, crashes and time-outs errors, what a device cannot do is skipped with its reason. Of a
// comparison, slower is a failure and invalid an error.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// A verdict over more than one row, such as a part of a gate. `unsupported` is skipped.
struct JunitVerdict {
  std::string name;
  Status status = Status::passed;
  std::string message, again;
  std::string type = {};  // of a failure; empty: the status
};

/// One testsuite a kernel, one testcase a row: classname "kernel.variant", name "axes data"; then,
/// where there are verdicts, the testsuite "gate" with one testcase each.
std::string junit_text(std::span<const Record> records,
                       std::span<const JunitVerdict> verdicts = {});

/// Writes it; the old file stays until the new one is whole. Throws BadInput when it cannot.
void write_junit(const std::filesystem::path& file, std::span<const Record> records,
                 std::span<const JunitVerdict> verdicts = {});

}  // namespace kernelgate
