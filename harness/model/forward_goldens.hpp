// Check of the scalar model against external values: printed goldens of two synthetic models, and
// outputs of another implementation for checkpoints that it wrote.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Runs all goldens under `root` (reference/goldens.csv, tests/oracle/data/*) and calls `done` with
/// a row `forward` for each model. Throws BadInput if neither exists.
void run_forward_goldens(const std::filesystem::path& root, const std::string& run_id,
                         const std::function<void(const Record&)>& done);

}  // namespace kernelgate
