// Records as JUnit XML, for CI systems that show tests. Incorrect and mistrusted results are
// failures, crashes and time-outs errors, what a device cannot do is skipped with its reason.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// One testsuite a kernel, one testcase a row: classname "kernel.variant", name "axes data".
std::string junit_text(std::span<const Record> records);

/// Writes it; the old file stays until the new one is whole. Throws BadInput when it cannot.
void write_junit(const std::filesystem::path& file, std::span<const Record> records);

}  // namespace kernelgate
