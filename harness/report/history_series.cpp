#include "harness/report/history_series.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "harness/report/tier.hpp"

namespace kernelgate {

std::vector<HistorySeries> history_series(std::span<const Record> records,
                                          const FindChanges& find) {
  std::map<std::tuple<std::string, std::string, std::string>, std::map<std::string, HistoryPoint>>
      runs;
  for (const Record& record : records) {
    if (record.row != RowKind::bench || record.provenance != Provenance::measured) continue;
    if (record.status != Status::passed || !(record.time_median_seconds > 0.0)) continue;
    const std::string cache = record.cache ? std::string(name(*record.cache)) : "";
    runs[{record.id(), cache, tier_of(record).name}][record.run_id] = {
        record.time_utc, record.run_id, record.environment.commit, *record.time_median_seconds};
  }
  std::vector<HistorySeries> series;
  for (auto& [key, points] : runs) {
    if (points.size() < 2) continue;
    HistorySeries line{std::get<0>(key), std::get<1>(key), std::get<2>(key), {}, {}};
    for (auto& [run, point] : points) line.points.push_back(std::move(point));
    std::stable_sort(line.points.begin(), line.points.end(),
                     [](const auto& a, const auto& b) { return a.time_utc < b.time_utc; });
    if (find) {
      std::vector<double> seconds;
      seconds.reserve(line.points.size());
      for (const HistoryPoint& point : line.points) seconds.push_back(point.seconds);
      line.changes = find(seconds);
    }
    series.push_back(std::move(line));
  }
  return series;
}

std::vector<Record> history_rows(std::span<const Record> shown, std::span<const Record> earlier) {
  std::string newest;
  for (const Record& record : shown) newest = std::max(newest, record.time_utc);
  std::vector<Record> rows;
  for (const Record& record : earlier) {
    if (record.row == RowKind::bench && record.time_utc <= newest) rows.push_back(record);
  }
  rows.insert(rows.end(), shown.begin(), shown.end());
  return rows;
}

}  // namespace kernelgate
