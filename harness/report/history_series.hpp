// How the time of one case went from run to run. Where the levels change is for harness/history to
// say; the page asks it through one function, and goes without when there is none.
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

/// From point `first` on the level is another one.
struct LevelChange {
  std::size_t first = 0;
  double before = 0, after = 0;  // seconds, of the two segments
};

/// Finds the changes in the times of one case, oldest first.
using FindChanges = std::function<std::vector<LevelChange>(std::span<const double>)>;

/// One case on one tier over at least two runs.
struct HistorySeries {
  std::string id, cache, tier;
  std::vector<HistoryPoint> points;  // oldest first
  std::vector<LevelChange> changes;
};

/// Every measured case that has a time in two or more runs, by case. Times of modelled devices
/// never enter. `find` may be empty.
std::vector<HistorySeries> history_series(std::span<const Record> records, const FindChanges& find);

/// The rows that a page of `shown` takes its history from: those and `earlier` ones, none newer
/// than the newest shown, so that a page stays true of its records when more are appended.
std::vector<Record> history_rows(std::span<const Record> shown, std::span<const Record> earlier);

}  // namespace kernelgate
