// Records for tests: every field set, with characters that are special in CSV, XML and HTML.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "harness/core/synthetic_folder.hpp"
#include "harness/records/record.hpp"

namespace kernelgate::synthetic {

/// A check row of linear/kokkos with every column that a check has.
inline Record check_row() {
  Record r;
  r.time_utc = "2026-01-31T23:59:59Z";
  r.run_id = "20260131T235959Z-17-00abcd";
  r.row = RowKind::check;
  r.kernel = "linear";
  r.variant = "kokkos";
  r.backend = Backend::kokkos;
  r.axes = "tokens=7,out=64,in=64,bf16";
  r.dtype = "bf16";
  r.data = DataMode::real;
  r.seed = 18446744073709551615U;
  r.status = Status::passed;
  r.checked = 400;
  r.total = 448;
  r.worst_error_ratio = 0.1;
  r.environment = {.cpu = "Fast CPU, 2 GHz",
                   .cores = 2,
                   .threads = 2,
                   .os = "Debian 12",
                   .compiler = "GNU 12.2.0",
                   .flags = "-O3; kernels: -march=native",
                   .commit = "abc1234-dirty",
                   .kokkos = "5.2.2 (OPENMP)",
                   .build_type = "Release",
                   .host = ""};
  return r;
}

/// A timed row: 4 MB in 0.5 ms with a roofline time of 0.4 ms, at 0.8 of the baseline's time.
inline Record bench_row() {
  Record r = check_row();
  r.row = RowKind::bench;
  r.data = std::nullopt;
  r.checked = r.total = std::nullopt;
  r.worst_error_ratio = std::nullopt;
  r.cache = CacheMode::cold;
  r.samples = 21;
  r.time_median_seconds = 0.0005;
  r.time_low_seconds = 0.00049;
  r.time_high_seconds = 0.00052;
  r.bytes = 4000000;
  r.flops = 8000000;
  r.read_bandwidth_bytes_per_second = 1e10;
  r.peak_flops_per_second = 1e11;
  r.roofline_seconds = 0.0004;
  r.percent_of_roofline = 80;
  r.baseline = "baseline/onednn";
  r.ratio_to_baseline = 0.8;
  return r;
}

/// A comparison's row: `more` times the baseline's time, with an interval of 5 % on either side.
inline Record compare_row(const std::string& axes, const std::string& verdict, double more) {
  Record r = bench_row();
  r.row = RowKind::compare;
  r.axes = axes;
  r.baseline = "0123abc";
  r.verdict = verdict;
  r.round = 25;
  r.order_seed = 3;
  r.ratio_to_baseline = more;
  r.ratio_low = 0.95 * more;
  r.ratio_high = 1.05 * more;
  r.chance = 0.001;
  r.smallest_visible_ratio = 1.015;
  return r;
}

inline Record incorrect_row() {
  Record r = check_row();
  r.status = Status::incorrect;
  r.worst_error_ratio = 151.5;
  r.message = "worst y[3,96], got -0.4375 \"so\"; allowed <0.0021> & no more";
  return r;
}

inline std::string read_all(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_all(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace kernelgate::synthetic
