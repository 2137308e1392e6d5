// A synthetic run with everything that the page shows, for the tests of the page only.
#pragma once

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "harness/records/synthetic.hpp"

namespace kernelgate::synthetic {

/// Check rows of `kernel_names` on three storage types: passed, unsupported, one incorrect, and one
/// crashed whose message tries to break out of the page.
inline std::vector<Record> sample_run() {
  constexpr std::array kernel_names{"bias_balance", "cca_attention", "conv_mixing",
                                    "expert_gemm",  "linear",        "residual_norm",
                                    "router",       "sampling",      "top_k"};
  constexpr std::array shapes{"tokens=1,out=2048,in=2048", "tokens=7,out=64,in=64",
                              "tokens=512,out=2048,in=2048"};
  std::vector<Record> rows;
  int number = 0;
  for (const char* kernel : kernel_names) {
    for (const char* variant : {"reference", "kokkos", "kokkos/cpu", "baseline/onednn"}) {
      for (const char* type : {"f32", "bf16", "f16"}) {
        for (const char* shape : shapes) {
          for (const DataMode mode : {DataMode::exact, DataMode::real}) {
            Record row = check_row();
            row.kernel = kernel;
            row.variant = variant;
            row.backend = row.variant == "reference" ? Backend::reference : Backend::kokkos;
            row.axes = std::string(shape) + "," + type;
            row.dtype = type;
            row.data = mode;
            row.seed = 1;
            row.total = 14336;
            row.checked = number % 5 == 0 ? 4096 : 14336;
            if (mode == DataMode::real)
              row.worst_error_ratio = 0.01 * (number % 60);
            else
              row.worst_error_ratio = std::nullopt;
            if (row.variant == "baseline/onednn" && row.dtype == "f16") {
              row.status = Status::unsupported;
              row.message = "oneDNN on this host has no f16 form of this operation";
            }
            rows.push_back(row);
            ++number;
          }
        }
      }
    }
  }
  Record& wrong = rows[41];
  wrong.status = Status::incorrect;
  wrong.worst_error_ratio = 151.5;
  wrong.message =
      "worst y[3,96] got -0.4375 expected -0.3125 off by 0.125 allowed 0.0021; pattern 32 "
      "of 14336 outside, all in row 3, columns 96..127";
  Record& hostile = rows[77];
  hostile.status = Status::crashed;
  hostile.message =
      "threw: </script><script>document.title='broken out'</script> & <b>\"bold\"</b>";
  return rows;
}

/// A timed row: `bytes` and `flops` per run, at `percent` of the roofline of a machine that reads
/// 10 GB/s and computes 100 GFLOP/s.
inline Record timed(const std::string& kernel, const std::string& variant, const std::string& axes,
                    std::int64_t bytes, std::int64_t flops, double percent, double ratio) {
  Record row = bench_row();
  row.kernel = kernel;
  row.variant = variant;
  row.axes = axes;
  row.bytes = bytes;
  row.flops = flops;
  row.roofline_seconds =
      std::max(static_cast<double>(bytes) / 1e10, static_cast<double>(flops) / 1e11);
  row.percent_of_roofline = percent;
  row.time_median_seconds = *row.roofline_seconds * 100 / percent;
  row.time_low_seconds = 0.98 * *row.time_median_seconds;
  row.time_high_seconds = 1.04 * *row.time_median_seconds;
  row.ratio_to_baseline = ratio;
  if (variant == row.baseline) row.ratio_to_baseline = std::nullopt;
  return row;
}

inline std::vector<Record> sample_benches() {
  std::vector<Record> rows;
  rows.push_back(bench_row());
  for (const char* type : {"f32", "bf16"}) {
    const std::string suffix = std::string(",") + type;
    const std::int64_t size = suffix == ",f32" ? 4 : 2;
    for (const char* variant : {"kokkos", "kokkos/cpu", "baseline/onednn"}) {
      const double share = variant[0] == 'b' ? 88 : std::string(variant) == "kokkos" ? 61 : 84;
      rows.push_back(timed("linear", variant, "tokens=1,out=262272,in=2048" + suffix,
                           262272 * 2048 * size, 2LL * 262272 * 2048, share, 88 / share));
      rows.push_back(timed(
          "expert_gemm", variant, "tokens=512,experts=16,inner=2048,width=2048" + suffix,
          16LL * 3 * 2048 * 2048 * size, 6LL * 512 * 2048 * 2048, share - 10, 78 / (share - 10)));
    }
    for (const char* kernel : {"cca_attention", "conv_mixing", "residual_norm", "top_k"}) {
      rows.push_back(timed(kernel, "kokkos", "tokens=2048,heads=16" + suffix, 2048 * 4096 * size,
                           std::string(kernel) == "cca_attention" ? 17179869184 : 2048 * 40960,
                           std::string(kernel) == "top_k" ? 62.5 : 47.25, 1));
      rows.back().ratio_to_baseline = std::nullopt;
      rows.back().baseline.clear();
    }
  }
  Record hot =
      timed("residual_norm", "kokkos", "tokens=64,width=2048,f32", 1048576, 2097152, 71, 1);
  hot.cache = CacheMode::hot;
  hot.read_bandwidth_bytes_per_second = 4e10;
  hot.ratio_to_baseline = std::nullopt;
  hot.baseline.clear();
  rows.push_back(hot);
  Record untimed = timed("router", "kokkos", "tokens=512,experts=16,f32", 1000000, 1000000, 50, 1);
  untimed.status = Status::failed_recheck;
  untimed.message = "wrong when verified again after timing";
  untimed.time_median_seconds = untimed.time_low_seconds = untimed.time_high_seconds = std::nullopt;
  untimed.percent_of_roofline = untimed.ratio_to_baseline = std::nullopt;
  rows.push_back(untimed);
  return rows;
}

inline std::vector<Record> sample_forwards() {
  std::vector<Record> rows;
  for (const char* what : {"T0 appendix A logits", "T1 appendix A greedy tokens",
                           "oracle odd_sizes", "oracle sliding_window"}) {
    Record row = check_row();
    row.row = RowKind::forward;
    row.kernel = "forward";
    row.variant = "reference";
    row.backend = Backend::reference;
    row.axes = what;
    row.dtype = "f32";
    row.data = std::nullopt;
    row.worst_error_ratio = 0.25;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace kernelgate::synthetic
