// Records as tables for a terminal of 120 columns.
#pragma once

#include <span>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Maximum line width of the tables.
inline constexpr std::size_t table_width = 120;

/// Check and forward rows by kernel and variant: counts of each status, exact and real data
/// separately, the largest share of an error bound used, and a last line with the sums. Empty
/// without such rows.
std::string check_table(std::span<const Record> records);

/// One line per bench row: time with spread, rates, percentage of the roofline, ratio to the
/// baseline. Rows of another provenance are in a separate table under its name. Empty without such
/// rows.
std::string bench_table(std::span<const Record> records);

}  // namespace kernelgate
