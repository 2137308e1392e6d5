// The first columns of a row about a case: what was run, by whom, on which inputs. Every command
// that records a case starts here, also for a case whose process died.
#pragma once

#include <span>
#include <string>

#include "harness/records/record.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {

/// A row that names case, variant, data and seed, and states nothing yet (status passed).
Record start_record(RowKind row, const std::string& run_id, const SuiteCase& suite_case,
                    const Variant& variant, DataMode mode, std::uint64_t seed);

/// Adds to the row's options what this program was started with: --threads, and for a plugin's
/// variant the plugins.
void add_program_options(Record& record, std::span<const std::string> plugin_words, int threads);

}  // namespace kernelgate
