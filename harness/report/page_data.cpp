#include "harness/report/page_data.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/printable.hpp"
#include "harness/records/columns.hpp"
#include "harness/report/covered.hpp"
#include "harness/report/model_figures.hpp"
#include "harness/report/native_ratio.hpp"
#include "harness/report/pass_matrix.hpp"
#include "harness/report/portability.hpp"
#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

using nlohmann::json;

bool is_environment(const Column& column) {
  // The environment's columns come last, from the processor on.
  const auto* first = std::find_if(record_columns.begin(), record_columns.end(),
                                   [](const Column& c) { return c.name == "cpu"; });
  return &column >= first;
}

// Writes numbers as numbers and leaves out absent fields. Numbers that JSON cannot represent stay
// text ("inf").
void put(json& object, const Column& column, const Record& record) {
  const std::string text = column.print(record);
  if (text.empty()) return;
  const std::string key(column.name);
  const bool numeric = column.type == FieldType::whole || column.type == FieldType::number;
  if (numeric && !column.name.ends_with("seed")) {  // 64-bit seeds exceed a script's numbers
    double value = 0;
    if (!field::parse(value, text) && std::isfinite(value)) {
      object[key] = json::parse(text);
      return;
    }
  }
  object[key] = printable_line(text);
}

template <class T>
void put(json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

json tier_json(const Tier& tier) {
  return {{"tier", tier.name}, {"provenance", std::string(name(tier.provenance))}};
}

json matrix_json(const std::vector<Record>& records, const PageText& text) {
  const PassMatrix matrix = pass_matrix(records, text.covers);
  json out = {
      {"tiers", json::array()}, {"cells", json::array()}, {"covered_meaning", covered_meaning()}};
  for (const Tier& tier : matrix.tiers) out["tiers"].push_back(tier_json(tier));
  for (const PassCell& cell : matrix.cells) {
    json one = tier_json(cell.tier);
    one.update({{"kernel", cell.kernel},
                {"dtype", cell.dtype},
                {"passed", cell.passed},
                {"ran", cell.ran()},
                {"unsupported", cell.unsupported}});
    if (cell.covered() > 0) {
      one["covered"] = {
          {"passed", cell.covered_passed},
          {"ran", cell.covered()},
          {"by", cell.covered_by},
          {"words", covered_words(cell.covered(), cell.covered_failed, cell.covered_by)}};
    }
    out["cells"].push_back(std::move(one));
  }
  return out;
}

json curves_json(const std::vector<Record>& records) {
  json out = json::array();
  for (const CurvePoint& point : curve_points(records)) {
    json one = tier_json(point.tier);
    one.update({{"model", point.model},
                {"variant", point.variant},
                {"dtype", point.dtype},
                {"phase", point.decode ? "decode" : "prefill"},
                {"tokens", point.tokens},
                {"batch", point.batch},
                {"context", point.context},
                {"tokens_per_second", point.tokens_per_second}});
    put(one, "low", point.low);
    put(one, "high", point.high);
    put(one, "roof", point.roof);
    put(one, "samples", point.samples);
    put(one, "marked", point.marked);
    out.push_back(std::move(one));
  }
  return out;
}

json kv_json(const std::vector<Record>& records) {
  json out = json::array();
  for (const KvFigure& figure : kv_figures(records)) {
    json one = {{"model", figure.model},   {"scheme", figure.scheme}, {"dtype", figure.dtype},
                {"tokens", figure.tokens}, {"bytes", figure.bytes},   {"lost", figure.lost_saving}};
    put(one, "of_least", figure.of_least);
    out.push_back(std::move(one));
  }
  return out;
}

json rival_json(const Rival& rival) { return {{"variant", rival.variant}, {"ratio", rival.ratio}}; }

json ratios_json(const std::vector<Record>& records) {
  const std::vector<NativeRatio> ratios = native_ratios(records);
  json out = {{"cases", json::array()}, {"kernels", json::array()}};
  for (const NativeRatio& line : ratios) {
    json one = {{"kernel", line.kernel},
                {"axes", line.axes},
                {"cache", line.cache},
                {"tier", line.tier},
                {"seconds", line.portable_seconds}};
    if (line.native) one["native"] = rival_json(*line.native);
    if (line.vendor) one["vendor"] = rival_json(*line.vendor);
    out["cases"].push_back(std::move(one));
  }
  for (const NativeRatioSummary& line : summarise(ratios)) {
    json one = {{"kernel", line.kernel},
                {"tier", line.tier},
                {"native_cases", line.native_cases},
                {"vendor_cases", line.vendor_cases}};
    put(one, "native", line.native);
    put(one, "native_worst", line.native_worst);
    put(one, "vendor", line.vendor);
    put(one, "vendor_worst", line.vendor_worst);
    out["kernels"].push_back(std::move(one));
  }
  return out;
}

// The result of one origin for a case: its time, or why it has none.
json side_json(const ComparedCase& line, const Record& row) {
  json out = {{"variant", row.variant}, {"status", std::string(name(row.status))}};
  const double seconds = seconds_of(row);
  if (seconds == 0) return out;
  out["seconds"] = seconds;
  if (row.roofline_seconds) out["of_roofline"] = *row.roofline_seconds / seconds;
  if (&row != line.portable) put(out, "ratio", speed_over_portable(line, &row));
  return out;
}

json compared_json(std::span<const ComparedCase> cases) {
  json out = json::array();
  for (const ComparedCase& line : cases) {
    json one = {{"kernel", line.kernel},
                {"axes", line.what.axes},
                {"cache", line.what.cache},
                {"tier", line.tier}};
    if (line.portable != nullptr) one["portable"] = side_json(line, *line.portable);
    if (line.tuned != nullptr) one["tuned"] = side_json(line, *line.tuned);
    if (line.vendor != nullptr) one["vendor"] = side_json(line, *line.vendor);
    out.push_back(std::move(one));
  }
  return out;
}

json portability_json(const std::vector<Portability>& lines) {
  json out = json::array();
  for (const Portability& line : lines) {
    json one = {{"kernel", line.kernel}, {"variant", line.variant}, {"tiers", json::array()}};
    put(one, "of_roofline", line.of_roofline);
    put(one, "of_best", line.of_best);
    for (const TierEfficiency& tier : line.tiers) {
      json here = {
          {"tier", tier.tier},      {"cases", tier.cases}, {"unsupported", tier.unsupported},
          {"wrong", tier.wrong},    {"timed", tier.timed}, {"cases_in_words", cases_text(tier)},
          {"missing", tier.missing}};
      put(here, "of_roofline", tier.of_roofline);
      put(here, "of_best", tier.of_best);
      put(here, "timed_of_roofline", tier.timed_of_roofline);
      put(here, "timed_of_best", tier.timed_of_best);
      one["tiers"].push_back(std::move(here));
    }
    out.push_back(std::move(one));
  }
  return out;
}

json history_json(const std::vector<Record>& records, const PageText& text) {
  const std::vector<Record> all = history_rows(records, text.earlier);
  json out = {{"change_points", static_cast<bool>(text.find_changes)}, {"series", json::array()}};
  for (const HistorySeries& series : history_series(all, text.find_changes)) {
    json one = {{"id", series.id},
                {"cache", series.cache},
                {"tier", series.tier},
                {"points", json::array()},
                {"changes", json::array()}};
    for (const HistoryPoint& point : series.points) {
      one["points"].push_back({{"time", point.time_utc},
                               {"run", point.run_id},
                               {"commit", point.commit},
                               {"seconds", point.seconds}});
    }
    for (const LevelChange& change : series.changes) {
      one["changes"].push_back(
          {{"first", change.first}, {"before", change.before}, {"after", change.after}});
    }
    out["series"].push_back(std::move(one));
  }
  return out;
}

json compiled_json(const PageText& text) {
  json out = json::array();
  for (const CompiledFigure& figure : text.compiled) {
    const ResourceRow& row = figure.row;
    json one = {{"compiler", figure.compiler},   {"entry", row.kernel},    {"profile", row.profile},
                {"registers", row.registers},    {"spilled", row.spilled}, {"scratch", row.scratch},
                {"lanes", row.scalars_in_lanes}, {"waves", row.waves}};
    if (row.lds_bytes >= 0) one["lds"] = row.lds_bytes;  // -1: no launch names the kernel
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

json page_data(const std::vector<Record>& records, const PageText& text) {
  const std::vector<ComparedCase> compared = compared_cases(records);
  json data = {{"title", text.title},
               {"subtitle", text.subtitle},
               {"command", text.command},
               {"left_out", text.left_out},
               {"rows", json::array()},
               {"environments", json::array()},
               {"runs", json::array()},
               {"matrix", matrix_json(records, text)},
               {"curves", curves_json(records)},
               {"kv", kv_json(records)},
               {"ratios", ratios_json(records)},
               {"compared_cases", compared_json(compared)},
               {"portability_by_origin", portability_json(portability_by_origin(compared))},
               {"portability", portability_json(portability(records))},
               {"history", history_json(records, text)},
               {"compiled", compiled_json(text)}};
  std::vector<const Environment*> seen;
  std::vector<std::string> runs;
  for (const Record& record : records) {
    json row = json::object();
    for (const Column& column : record_columns) {
      if (!is_environment(column)) put(row, column, record);
    }
    auto found = std::find_if(seen.begin(), seen.end(),
                              [&](const Environment* e) { return *e == record.environment; });
    if (found == seen.end()) {
      json environment = json::object();
      for (const Column& column : record_columns) {
        if (is_environment(column)) put(environment, column, record);
      }
      data["environments"].push_back(std::move(environment));
      found = seen.insert(seen.end(), &record.environment);
    }
    if (std::find(runs.begin(), runs.end(), record.run_id) == runs.end()) {
      runs.push_back(record.run_id);
    }
    row["environment"] = found - seen.begin();
    row["tier"] = tier_of(record).name;
    put(row, "spread_percent", spread_percent(record));
    if (const std::string command = text.repro_command(record); !command.empty())
      row["repro_command"] = command;
    data["rows"].push_back(std::move(row));
  }
  data["runs"] = runs;
  return data;
}

}  // namespace kernelgate
