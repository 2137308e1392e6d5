// The first columns of a case's row: kernel, variant, inputs, run. Every command that records a
// case starts here, also for a case whose process crashed or timed out.
#pragma once

#include <span>
#include <string>

#include "harness/records/record.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {

/// A row with case, variant, data mode and seed, and no result yet (status passed).
Record start_record(RowKind row, const std::string& run_id, const SuiteCase& suite_case,
                    const Variant& variant, DataMode mode, std::uint64_t seed);

/// Adds this program's own options to the row's: --threads, and the plugins if the variant is a
/// plugin's.
void add_program_options(Record& record, std::span<const std::string> plugin_words, int threads);

}  // namespace kernelgate
