// Metrics of whole-model rows: tokens per second of prefill and decode, and bytes of the KV cache
// compared with other attention schemes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/report/tier.hpp"

namespace kernelgate {

/// One cell of `throughput`: a prefill of `tokens`, or a decode of `tokens` for each of `batch`
/// sequences that start with `context` tokens.
struct CurvePoint {
  std::string model, variant, dtype;
  Tier tier;
  bool decode = false;
  std::int64_t tokens = 0, batch = 1, context = 0;
  double tokens_per_second = 0;  // from the median time; low and high: from the quartiles
  std::optional<double> low, high;
  std::optional<double> roof;                   // rate at the roofline time of the same run
  std::optional<std::int64_t> samples, marked;  // repetitions, and how many of them were disturbed

  auto operator<=>(const CurvePoint&) const = default;
};

/// Bytes that one scheme allocates for one sequence of `tokens`.
struct KvFigure {
  std::string model, scheme, dtype;
  std::int64_t tokens = 0, bytes = 0;
  bool lost_saving = false;
  std::optional<double> of_least;  // bytes relative to the smallest scheme of the same length
};

/// Points sorted by model, phase, batch, then length. Rows whose axes are not those that
/// `throughput` writes are skipped.
std::vector<CurvePoint> curve_points(std::span<const Record> records);
/// Sorted by model, type, length, then bytes. Only the latest row of each counts.
std::vector<KvFigure> kv_figures(std::span<const Record> records);

/// Value of `key` in `axes`, such as "pp32" for "test" in "model=s340,test=pp32,bf16"; empty if
/// absent.
std::string axis_text(std::string_view axes, std::string_view key);

}  // namespace kernelgate
