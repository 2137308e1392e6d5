// The rows of the whole model as figures of their own: tokens a second of prefill and decode, and
// the bytes of its KV cache against other schemes of attention.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/report/tier.hpp"

namespace kernelgate {

/// A cell of `throughput`: a prefill of `tokens`, or a decode of `tokens` for each of `batch`
/// sequences that hold `context` tokens already.
struct CurvePoint {
  std::string model, variant, dtype;
  Tier tier;
  bool decode = false;
  std::int64_t tokens = 0, batch = 1, context = 0;
  double tokens_per_second = 0;  // of the median; the quartiles beside it
  std::optional<double> low, high;
  std::optional<double> roof;                   // what the floor of the same run allows
  std::optional<std::int64_t> samples, marked;  // repetitions, and which of them were disturbed

  auto operator<=>(const CurvePoint&) const = default;
};

/// Bytes that one scheme allocates for one sequence of `tokens`.
struct KvFigure {
  std::string model, scheme, dtype;
  std::int64_t tokens = 0, bytes = 0;
  bool lost_saving = false;
  std::optional<double> of_least;  // bytes over those of the smallest scheme of the same length
};

/// Sorted by model, phase, batch, then length. Rows whose axes are not those that `throughput`
/// writes give no point.
std::vector<CurvePoint> curve_points(std::span<const Record> records);
/// By model, type, length, then bytes; the latest row of each.
std::vector<KvFigure> kv_figures(std::span<const Record> records);

/// "model=s340,test=pp32,bf16" and "test" -> "pp32"; empty when there is none.
std::string axis_text(std::string_view axes, std::string_view key);

}  // namespace kernelgate
