// Checks the metrics that the page derives from records against values worked out by hand.
#include <gtest/gtest.h>

#include "harness/records/synthetic.hpp"
#include "harness/report/covered.hpp"
#include "harness/report/history_series.hpp"
#include "harness/report/markdown_summary.hpp"
#include "harness/report/model_figures.hpp"
#include "harness/report/native_ratio.hpp"
#include "harness/report/page.hpp"
#include "harness/report/pass_matrix.hpp"
#include "harness/report/portability.hpp"

namespace kernelgate {
namespace {

Record timed(const std::string& variant, double seconds, const std::string& axes = "n=1,f32",
             const std::string& cpu = "A") {
  Record row = synthetic::bench_row();
  row.variant = variant;
  row.axes = axes;
  row.environment.cpu = cpu;
  row.time_median_seconds = seconds;
  row.roofline_seconds = 1;
  return row;
}

Record refused(const std::string& variant, const std::string& axes, const std::string& cpu) {
  Record row = timed(variant, 1, axes, cpu);
  row.status = Status::unsupported;
  row.time_median_seconds = row.roofline_seconds = std::nullopt;
  return row;
}

const Portability& line_of(const std::vector<Portability>& lines, const std::string& variant) {
  for (const Portability& line : lines) {
    if (line.variant == variant) return line;
  }
  throw std::runtime_error("no line of " + variant);
}

TEST(HarmonicMean, IsWorkedOutByHandAndZeroWithAZero) {
  EXPECT_DOUBLE_EQ(*harmonic_mean(std::vector<double>{0.5, 0.25}), 1.0 / 3);  // 2 / (2 + 4)
  EXPECT_EQ(harmonic_mean(std::vector<double>{0.5, 0}), 0.0);
  EXPECT_EQ(harmonic_mean({}), std::nullopt);
}

TEST(Portability, IsTheHarmonicMeanOverCasesThenOverTiers) {
  // Tier A: roofline times of 1 s; kokkos takes 2 s and 4 s, native 2 s and 2 s. Tier B: 5 s
  // against 2.5 s.
  const std::vector<Record> rows{timed("kokkos", 2),
                                 timed("kokkos", 4, "n=2,f32"),
                                 timed("native", 2),
                                 timed("native", 2, "n=2,f32"),
                                 timed("kokkos", 5, "n=1,f32", "B"),
                                 timed("native", 2.5, "n=1,f32", "B")};
  const std::vector<Portability> lines = portability(rows);
  const Portability& kokkos = line_of(lines, "kokkos");
  ASSERT_EQ(kokkos.tiers.size(), 2U);
  EXPECT_EQ(kokkos.tiers[0].tier, "A, 2 threads");
  EXPECT_DOUBLE_EQ(*kokkos.tiers[0].of_roofline, 1.0 / 3);  // of 1/2 and 1/4
  EXPECT_DOUBLE_EQ(*kokkos.tiers[0].of_best, 2.0 / 3);      // of 1 and 1/2
  EXPECT_DOUBLE_EQ(*kokkos.tiers[1].of_roofline, 0.2);
  EXPECT_DOUBLE_EQ(*kokkos.tiers[1].of_best, 0.5);
  EXPECT_DOUBLE_EQ(*kokkos.of_roofline, 0.25);   // 2 / (3 + 5)
  EXPECT_DOUBLE_EQ(*kokkos.of_best, 2.0 / 3.5);  // 2 / (3/2 + 2)
  EXPECT_DOUBLE_EQ(*line_of(lines, "native").of_best, 1.0);
}

TEST(Portability, IsZeroWhereADeviceRefusesOrTheResultIsWrong) {
  Record wrong = timed("wrong", 1);
  wrong.status = Status::failed_recheck;
  wrong.time_median_seconds = std::nullopt;
  const std::vector<Record> rows{timed("kokkos", 2),
                                 timed("kokkos", 2, "n=1,f32", "B"),
                                 timed("native", 1),
                                 refused("native", "n=1,f32", "B"),
                                 wrong,
                                 timed("wrong", 1, "n=1,f32", "B")};
  const std::vector<Portability> lines = portability(rows);
  EXPECT_EQ(line_of(lines, "native").of_roofline, 0.0);
  EXPECT_EQ(line_of(lines, "native").of_best, 0.0);
  EXPECT_EQ(line_of(lines, "native").tiers[1].unsupported, 1);
  EXPECT_EQ(line_of(lines, "wrong").of_best, 0.0);
  EXPECT_EQ(line_of(lines, "wrong").tiers[0].wrong, 1);
  EXPECT_DOUBLE_EQ(*line_of(lines, "kokkos").of_roofline, 0.5);
}

TEST(Portability, GivesThePlainMeansOverTheCasesThatHaveATime) {
  // Nine cases with a roofline time of 1 s and a fastest time of 1 s. Variant fast takes 2 s on
  // seven and does not support two.
  std::vector<Record> rows;
  for (int n = 0; n < 9; ++n) {
    const std::string axes = "n=" + std::to_string(n) + ",f32";
    rows.push_back(timed("kokkos", 1, axes));
    rows.push_back(n < 7 ? timed("fast", 2, axes) : refused("fast", axes, "A"));
  }
  const Portability line = line_of(portability(rows), "fast");
  EXPECT_EQ(line.of_roofline, 0.0);  // unsupported cases make the metric 0
  EXPECT_EQ(line.of_best, 0.0);
  ASSERT_EQ(line.tiers.size(), 1U);
  EXPECT_EQ(line.tiers[0].timed, 7);
  EXPECT_DOUBLE_EQ(*line.tiers[0].timed_of_roofline, 0.5);
  EXPECT_DOUBLE_EQ(*line.tiers[0].timed_of_best, 0.5);
  EXPECT_EQ(cases_text(line.tiers[0]), "7 of 9 cases (2 unsupported)");
}

TEST(Portability, GivesNoPlainMeanWhereNoCaseHasATime) {
  const std::vector<Record> rows{timed("kokkos", 1), refused("fast", "n=1,f32", "A"),
                                 timed("kokkos", 1, "n=2,f32")};
  const Portability line = line_of(portability(rows), "fast");
  EXPECT_EQ(line.tiers[0].timed_of_best, std::nullopt);
  EXPECT_EQ(cases_text(line.tiers[0]), "0 of 2 cases (1 unsupported, 1 not run)");
}

TEST(Portability, StatesNothingWhereACaseWasNotRun) {
  const std::vector<Record> rows{timed("kokkos", 2), timed("native", 1),
                                 timed("kokkos", 2, "n=1,f32", "B")};
  const Portability native = line_of(portability(rows), "native");
  EXPECT_EQ(native.of_roofline, std::nullopt);  // 1 from A alone would hide that B was not run
  EXPECT_EQ(native.tiers[1].missing, 1);
}

TEST(Portability, LeavesModelledDevicesOut) {
  Record modelled = timed("kokkos", 100);
  modelled.provenance = Provenance::modelled;
  modelled.device = "amd-gfx942";
  const auto lines = portability(std::vector<Record>{timed("kokkos", 2), modelled});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].tiers.size(), 1U);
  EXPECT_DOUBLE_EQ(*lines[0].of_roofline, 0.5);
}

TEST(Portability, TakesTwoBuildsOfOneHostForTwoTiers) {
  Record narrow = timed("kokkos", 4);
  narrow.environment.flags = "-O3; kernels: -O3 -march=x86-64-v3; vectors: AVX2";
  const std::vector<Record> rows{timed("kokkos", 2), narrow};
  const Portability line = line_of(portability(rows), "kokkos");
  ASSERT_EQ(line.tiers.size(), 2U);
  EXPECT_EQ(line.tiers[0].tier, "A, 2 threads");
  EXPECT_EQ(line.tiers[1].tier, "A, 2 threads, kernels for x86-64-v3");
  EXPECT_DOUBLE_EQ(*line.of_roofline, 1.0 / 3);  // of 1/2 and 1/4
  EXPECT_EQ(latest_rows(rows).size(), 2U);
}

TEST(NativeRatio, ComparesWithTheFastestOfEachSort) {
  const std::vector<Record> rows{timed("kokkos", 6),
                                 timed("kokkos/cpu", 3),
                                 timed("native/matrix", 2),
                                 timed("baseline/onednn", 4),
                                 timed("baseline/openblas", 12),
                                 timed("kokkos", 2, "n=2,f32"),
                                 timed("kokkos/cpu", 6, "n=2,f32")};
  const std::vector<NativeRatio> ratios = native_ratios(rows);
  ASSERT_EQ(ratios.size(), 2U);
  EXPECT_EQ(ratios[0].native->variant, "native/matrix");
  EXPECT_DOUBLE_EQ(ratios[0].native->ratio, 3);
  EXPECT_EQ(ratios[0].vendor->variant, "baseline/onednn");
  EXPECT_DOUBLE_EQ(ratios[0].vendor->ratio, 1.5);
  EXPECT_FALSE(ratios[1].vendor.has_value());
  const std::vector<NativeRatioSummary> sum = summarise(ratios);
  ASSERT_EQ(sum.size(), 1U);
  EXPECT_NEAR(*sum[0].native, 1, 1e-12);  // sqrt(3 x 1/3)
  EXPECT_DOUBLE_EQ(*sum[0].native_worst, 3);
  EXPECT_EQ(sum[0].vendor_cases, 1);
  const std::string summary = markdown_summary(rows, {});
  EXPECT_NE(summary.find("| 1.00x (2 cases) | 1.50x (1 case) |"), std::string::npos) << summary;
}

TEST(PassMatrix, KeepsKindsApartAndLeavesTheReferenceOut) {
  Record reference_values = synthetic::check_row();
  reference_values.backend = Backend::reference;
  Record modelled = synthetic::check_row();
  modelled.device = "amd-gfx942";
  modelled.provenance = Provenance::modelled;
  Record unsupported_reason = modelled;
  unsupported_reason.status = Status::unsupported;
  const PassMatrix matrix =
      pass_matrix(std::vector<Record>{reference_values, modelled, unsupported_reason,
                                      synthetic::check_row(), synthetic::incorrect_row()});
  ASSERT_EQ(matrix.tiers.size(), 2U);
  EXPECT_EQ(matrix.tiers[0].provenance,
            Provenance::measured);  // first, though its name comes later
  ASSERT_EQ(matrix.cells.size(), 2U);
  for (const PassCell& cell : matrix.cells) {
    const bool host = cell.tier.provenance == Provenance::measured;
    EXPECT_EQ(cell.passed, 1);
    EXPECT_EQ(cell.failed, host ? 1 : 0);
    EXPECT_EQ(cell.unsupported, host ? 0 : 1);
  }
}

Record judged(const std::string& variant, const std::string& device, Status status) {
  Record row = synthetic::check_row();
  row.variant = variant;
  row.device = device;
  row.backend = Backend::source;
  row.provenance = Provenance::modelled;
  row.status = status;
  return row;
}

/// nv-sm75 and nv-sm80 have equal launches for every variant.
std::vector<std::string> sm75_and_sm80(const Record& row) {
  if (row.device == "nv-sm75") return {"nv-sm80"};
  if (row.device == "nv-sm80") return {"nv-sm75"};
  return {};
}

const PassCell& cell_on(const PassMatrix& matrix, const std::string& device) {
  for (const PassCell& cell : matrix.cells) {
    if (cell.tier.name == device) return cell;
  }
  throw std::runtime_error("no cell of " + device);
}

TEST(PassMatrix, SaysByWhichRunADeviceWithoutOneIsCovered) {
  const PassMatrix matrix =
      pass_matrix(std::vector<Record>{judged("native", "nv-sm75", Status::passed),
                                      judged("native", "nv-sm75", Status::incorrect),
                                      judged("native/matrix", "nv-sm80", Status::unsupported)},
                  sm75_and_sm80);
  EXPECT_EQ(cell_on(matrix, "nv-sm75").covered(), 0);
  const PassCell& covered = cell_on(matrix, "nv-sm80");
  EXPECT_EQ(covered.ran(), 0);
  EXPECT_EQ(covered.unsupported, 1);
  EXPECT_EQ(covered.covered_passed, 1);
  EXPECT_EQ(covered.covered_failed, 1);
  EXPECT_EQ(covered.covered_by, std::set<std::string>{"nv-sm75"});
  EXPECT_EQ(matrix.tiers.size(), 2U);
}

TEST(PassMatrix, CoversADeviceThatHasNoRowAtAll) {
  const std::vector<Record> rows{judged("native", "nv-sm75", Status::passed)};
  EXPECT_EQ(pass_matrix(rows).tiers.size(), 1U);
  EXPECT_EQ(pass_matrix(rows, sm75_and_sm80).tiers.size(), 2U);
}

TEST(PassMatrix, CoversNoVariantThatWasRunOnTheDeviceItself) {
  const PassMatrix matrix =
      pass_matrix(std::vector<Record>{judged("native", "nv-sm75", Status::passed),
                                      judged("native", "nv-sm80", Status::passed),
                                      judged("native/b", "nv-sm75", Status::passed)},
                  sm75_and_sm80);
  EXPECT_EQ(cell_on(matrix, "nv-sm80").ran(), 1);
  EXPECT_EQ(cell_on(matrix, "nv-sm80").covered(), 1);  // of native/b
  EXPECT_EQ(cell_on(matrix, "nv-sm75").covered(), 0);
}

TEST(Covered, IsSaidInTheSameWordsEverywhere) {
  EXPECT_EQ(covered_words(40, 0, {"nv-sm75"}), "covered 40 by nv-sm75 (w32)");
  EXPECT_EQ(covered_words(40, 2, {"amd-gfx942", "nv-sm75"}),
            "covered 40 by amd-gfx942 (w64), nv-sm75 (w32), 2 failed");
  EXPECT_EQ(run_words({"amd-gfx1100"}), "run on amd-gfx1100 (w32)");
  EXPECT_EQ(run_words({"a-device-of-another-build"}), "run on a-device-of-another-build");
}

Record cell(const std::string& test, double seconds) {
  Record row = timed("kokkos", seconds, "model=s340,layers=11,test=" + test + ",bf16");
  row.kernel = "model";
  row.dtype = "bf16";
  row.time_low_seconds = seconds / 2;
  row.time_high_seconds = 2 * seconds;
  row.roofline_seconds = seconds / 4;
  row.samples = 3;
  row.disturbed_samples = 1;
  return row;
}

TEST(ModelFigures, ReadTheCellsOfThroughput) {
  const auto points = curve_points(
      std::vector<Record>{cell("tg4_b8_c128", 2), cell("pp512", 4), cell("tg4_b8", 1)});
  ASSERT_EQ(points.size(), 2U);  // the last one is not a cell
  EXPECT_FALSE(points[0].decode);
  EXPECT_DOUBLE_EQ(points[0].tokens_per_second, 128);  // 512 in 4 s
  EXPECT_DOUBLE_EQ(*points[0].low, 64);
  EXPECT_DOUBLE_EQ(*points[0].high, 256);
  EXPECT_DOUBLE_EQ(*points[0].roof, 512);
  EXPECT_EQ(points[0].samples, 3);
  EXPECT_EQ(points[0].marked, 1);
  EXPECT_TRUE(points[1].decode);
  EXPECT_EQ(points[1].batch, 8);
  EXPECT_EQ(points[1].context, 128);
  EXPECT_DOUBLE_EQ(points[1].tokens_per_second, 16);  // 4 for each of 8 in 2 s
}

TEST(ModelFigures, CompareCachesOfOneLengthWithTheSmallest) {
  Record least = synthetic::check_row();
  least.kernel = "kv";
  least.variant = "CCGQA";
  least.axes = "model=8b,tokens=4096,bf16";
  least.bytes = 40960 * 4096;
  Record most = least;
  most.variant = "MHA";
  most.bytes = 327680LL * 4096;
  most.status = Status::incorrect;
  Record other = least;
  other.axes = "model=8b,tokens=1,bf16";
  other.bytes = 7;
  const auto figures = kv_figures(std::vector<Record>{most, least, other});
  ASSERT_EQ(figures.size(), 3U);
  EXPECT_DOUBLE_EQ(*figures[0].of_least, 1);
  EXPECT_EQ(figures[1].scheme, "CCGQA");
  EXPECT_DOUBLE_EQ(*figures[2].of_least, 8);
  EXPECT_TRUE(figures[2].lost_saving);
}

Record run_of(const std::string& id, const std::string& time, double seconds) {
  Record row = timed("kokkos", seconds);
  row.run_id = id;
  row.time_utc = time;
  return row;
}

TEST(History, OrdersRunsByTimeAndAsksForChangesOnce) {
  const std::vector<Record> rows{run_of("c", "2026-01-03", 4), run_of("a", "2026-01-01", 2),
                                 run_of("b", "2026-01-02", 2), timed("once", 1)};
  int asked = 0;
  const auto series = history_series(rows, [&](std::span<const double> seconds) {
    ++asked;
    EXPECT_EQ(std::vector<double>(seconds.begin(), seconds.end()), (std::vector<double>{2, 2, 4}));
    return std::vector<LevelChange>{{.first = 2, .before = 2, .after = 4}};
  });
  EXPECT_EQ(asked, 1);
  ASSERT_EQ(series.size(), 1U);  // a single run is no history
  EXPECT_EQ(series[0].points[0].run_id, "a");
  EXPECT_EQ(series[0].changes[0].first, 2U);
}

TEST(History, IgnoresRunsAfterThePage) {
  const std::vector<Record> shown{run_of("b", "2026-01-02", 2)};
  const std::vector<Record> earlier{run_of("a", "2026-01-01", 2), run_of("c", "2026-01-03", 4)};
  EXPECT_EQ(history_rows(shown, earlier).size(), 2U);
}

TEST(LatestRows, KeepTheNewestOfTheSameAndAllThatDiffer) {
  Record old = synthetic::check_row();
  old.status = Status::incorrect;
  Record now = synthetic::check_row();
  now.time_utc = "2026-02-01T00:00:00Z";
  Record elsewhere = old;
  elsewhere.device = "nv-sm90";
  const auto rows = latest_rows(std::vector<Record>{now, old, elsewhere});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].status, Status::passed);
  EXPECT_EQ(rows[1].device, "nv-sm90");
}

TEST(LatestRows, KeepComparisonsWithEachBaselineAndNoRounds) {
  const Record old = synthetic::compare_row("tokens=7,out=64,in=64,bf16", "slower", 1.1);
  Record now = old;
  now.time_utc = "2026-02-01T00:00:00Z";
  now.verdict = "same";
  Record other = old;
  other.baseline = "4567def";
  Record round = old;
  round.row = RowKind::round;
  const auto rows = latest_rows(std::vector<Record>{old, now, other, round});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].verdict, "same");
  EXPECT_EQ(rows[1].baseline, "4567def");
}

}  // namespace
}  // namespace kernelgate
