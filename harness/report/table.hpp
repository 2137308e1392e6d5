// Records as tables for a terminal of 120 columns.
#pragma once

#include <span>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// The widest line of any table here.
inline constexpr std::size_t table_width = 120;

/// Check and forward rows by kernel and variant: how many of each status, exact and real apart, the
/// worst share of a budget used, and a last line with the sums. Empty without such rows.
std::string check_table(std::span<const Record> records);

/// One line a bench row: time with spread, rates, percentage of the floor, ratio to the baseline.
/// Rows of another kind of figure stand in a table of their own under the kind's name. Empty
/// without such rows.
std::string bench_table(std::span<const Record> records);

}  // namespace kernelgate
