// The first columns of a row about a case: what was run, by whom, on which inputs. Every command
// that records a case starts here, also for a case whose process died.
#pragma once

#include "harness/records/record.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {

/// A row that names case, variant, data and seed, and states nothing yet (status passed).
Record start_record(RowKind row, const std::string& run_id, const SuiteCase& suite_case,
                    const Variant& variant, DataMode mode, std::uint64_t seed);

}  // namespace kernelgate
