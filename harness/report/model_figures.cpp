#include "harness/report/model_figures.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

// Removes `mark` and the number after it from the front of `text`, such as "tg16_b8_c2048", and
// returns the number.
std::optional<std::int64_t> take(std::string_view& text, std::string_view mark) {
  if (!text.starts_with(mark)) return std::nullopt;
  text.remove_prefix(mark.size());
  std::int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()));
  return value;
}

std::optional<CurvePoint> point_of(const Record& record) {
  if (record.row != RowKind::bench || record.kernel != "model") return std::nullopt;
  if (record.status != Status::passed || !(record.time_median_seconds > 0.0)) return std::nullopt;
  CurvePoint point;
  const std::string test = axis_text(record.axes, "test");
  std::string_view rest = test;
  if (const auto prompt = take(rest, "pp")) {
    point.tokens = *prompt;
  } else {
    const auto steps = take(rest, "tg");
    const auto batch = take(rest, "_b");
    const auto context = take(rest, "_c");
    if (!steps || !batch || !context) return std::nullopt;
    point.decode = true;
    point.tokens = *steps;
    point.batch = *batch;
    point.context = *context;
  }
  if (!rest.empty() || point.tokens == 0 || point.batch == 0) return std::nullopt;
  const double all = static_cast<double>(point.tokens) * static_cast<double>(point.batch);
  const auto rate = [&](std::optional<double> seconds) -> std::optional<double> {
    if (!(seconds > 0.0)) return std::nullopt;
    return all / *seconds;
  };
  point.model = axis_text(record.axes, "model");
  point.variant = record.variant;
  point.dtype = record.dtype;
  point.tier = tier_of(record);
  point.tokens_per_second = *rate(record.time_median_seconds);
  if (has_spread(record)) {
    point.low = rate(record.time_high_seconds);  // the slow quartile
    point.high = rate(record.time_low_seconds);
  }
  point.roof = rate(record.roofline_seconds);
  point.samples = record.samples;
  point.marked = record.disturbed_samples;
  return point;
}

}  // namespace

std::string axis_text(std::string_view axes, std::string_view key) {
  while (!axes.empty()) {
    const std::size_t comma = std::min(axes.find(','), axes.size());
    const std::string_view part = axes.substr(0, comma);
    if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == '=') {
      return std::string(part.substr(key.size() + 1));
    }
    axes.remove_prefix(std::min(comma + 1, axes.size()));
  }
  return {};
}

std::vector<CurvePoint> curve_points(std::span<const Record> records) {
  using Key = std::tuple<std::string, std::string, std::string, Tier, bool, std::int64_t,
                         std::int64_t, std::int64_t>;
  std::map<Key, std::pair<std::string, CurvePoint>> latest;
  for (const Record& record : records) {
    const auto point = point_of(record);
    if (!point) continue;
    auto& [time, kept] =
        latest[{point->model, point->variant, point->dtype, point->tier, point->decode,
                point->batch, point->decode ? point->context : point->tokens, point->tokens}];
    if (time <= record.time_utc) {
      time = record.time_utc;
      kept = *point;
    }
  }
  std::vector<CurvePoint> points;
  points.reserve(latest.size());
  for (auto& [key, entry] : latest) points.push_back(std::move(entry.second));
  return points;
}

std::vector<KvFigure> kv_figures(std::span<const Record> records) {
  std::map<std::tuple<std::string, std::string, std::int64_t, std::string>, KvFigure> latest;
  for (const Record& record : records) {
    if (record.row != RowKind::check || record.kernel != "kv" || !record.bytes) continue;
    const std::string text = axis_text(record.axes, "tokens");
    std::int64_t tokens = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), tokens);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() || tokens <= 0) continue;
    const std::string model = axis_text(record.axes, "model");
    latest[{model, record.dtype, tokens, record.variant}] = {
        model, record.variant, record.dtype, tokens, *record.bytes, record.status != Status::passed,
        {}};
  }
  std::vector<KvFigure> figures;
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::int64_t> least;
  for (auto& [key, figure] : latest) {
    auto& smallest = least[{figure.model, figure.dtype, figure.tokens}];
    if (figure.bytes > 0 && (smallest == 0 || figure.bytes < smallest)) smallest = figure.bytes;
    figures.push_back(std::move(figure));
  }
  for (KvFigure& figure : figures) {
    const auto smallest = least[{figure.model, figure.dtype, figure.tokens}];
    if (smallest == 0) continue;
    figure.of_least = static_cast<double>(figure.bytes) / static_cast<double>(smallest);
  }
  std::stable_sort(figures.begin(), figures.end(), [](const KvFigure& a, const KvFigure& b) {
    return std::tie(a.model, a.dtype, a.tokens, a.bytes) <
           std::tie(b.model, b.dtype, b.tokens, b.bytes);
  });
  return figures;
}

}  // namespace kernelgate
