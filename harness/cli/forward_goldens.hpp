// The scalar model held against values from outside: printed goldens of two synthetic models, and
// the outputs that another implementation gave for checkpoints it wrote.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Runs all goldens under `root` (reference/goldens.csv, tests/oracle/data/*) and calls `done` with
/// a row `forward` for each model. Throws BadInput when neither is there.
void run_forward_goldens(const std::filesystem::path& root, const std::string& run_id,
                         const std::function<void(const Record&)>& done);

}  // namespace kernelgate
