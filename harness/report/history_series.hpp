// Collects the times of one case from run to run. harness/history detects the changes of level. The
// page calls it through one function and shows no changes without it.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

/// One run of a case.
struct HistoryPoint {
  std::string time_utc, run_id, commit;
  double seconds = 0;  // the median
};

/// A change of level at point `first`.
struct LevelChange {
  std::size_t first = 0;
  double before = 0, after = 0;  // seconds, of the two segments
};

/// Returns the level changes in the times of one case, oldest first.
using FindChanges = std::function<std::vector<LevelChange>(std::span<const double>)>;

/// One case on one tier over at least two runs.
struct HistorySeries {
  std::string id, cache, tier;
  std::vector<HistoryPoint> points;  // oldest first
  std::vector<LevelChange> changes;
};

/// Series of every measured case with a time in two or more runs, by case. Times of modelled
/// devices are excluded. `find` may be empty.
std::vector<HistorySeries> history_series(std::span<const Record> records, const FindChanges& find);

/// The rows for the history of a page that shows `shown`: those, and the bench rows of `earlier`
/// that are not newer than the newest row shown. The page then stays valid when records are
/// appended.
std::vector<Record> history_rows(std::span<const Record> shown, std::span<const Record> earlier);

}  // namespace kernelgate
