#include "harness/history/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/records/record_writer.hpp"

namespace kernelgate::history {
namespace {

SeriesKey key_of(const Record& r) {
  return {r.kernel,
          r.variant,
          r.axes,
          std::string(name(r.backend)),
          r.cache ? std::string(name(*r.cache)) : "",
          r.device,
          r.environment.cpu,
          target_words(r.environment),
          r.environment.compiler,
          r.environment.kokkos,
          r.environment.build_type,
          r.environment.threads};
}

bool has_own_time(const Record& r) {
  return (r.row == RowKind::bench || r.row == RowKind::compare) && r.status == Status::passed &&
         r.provenance == Provenance::measured && r.time_median_seconds &&
         *r.time_median_seconds > 0;
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<Job> jobs_of(const std::vector<const Record*>& rows) {
  std::map<std::string, std::vector<const Record*>> runs;
  for (const Record* r : rows) runs[r->run_id].push_back(r);
  std::vector<Job> jobs;
  for (const auto& [run_id, own] : runs) {
    std::vector<double> seconds;
    for (const Record* r : own) seconds.push_back(*r->time_median_seconds);
    jobs.push_back({run_id, own[0]->time_utc, own[0]->environment.commit, median_of(seconds)});
  }
  std::sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
    return std::tie(a.time_utc, a.run_id) < std::tie(b.time_utc, b.run_id);
  });
  return jobs;
}

}  // namespace

std::string SeriesKey::id() const {
  return kernel + "/" + variant + "/" + axes + (cache.empty() ? "" : " " + cache);
}

std::string SeriesKey::machine() const {
  return fmt::format("{}{}, {} threads{}, {}", device.empty() ? "" : device + " on ", cpu, threads,
                     target, compiler);
}

std::vector<History> histories_of(std::span<const Record> records, const ChangeRules& rules) {
  std::map<SeriesKey, std::vector<const Record*>> series;
  for (const Record& r : records) {
    if (has_own_time(r)) series[key_of(r)].push_back(&r);
  }
  std::vector<History> all;
  for (const auto& [key, rows] : series) {
    History history{key, jobs_of(rows), {}};
    std::vector<double> times;
    times.reserve(history.jobs.size());
    for (const Job& job : history.jobs) times.push_back(job.seconds);
    history.changes = change_points(times, rules);
    all.push_back(std::move(history));
  }
  return all;
}

std::vector<Record> merged(std::vector<std::vector<Record>> files) {
  std::vector<Record> all;
  std::set<std::string> seen;
  for (std::vector<Record>& file : files) {
    for (Record& record : file) {
      if (seen.insert(record_line(record)).second) all.push_back(std::move(record));
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Record& a, const Record& b) { return a.time_utc < b.time_utc; });
  return all;
}

}  // namespace kernelgate::history
