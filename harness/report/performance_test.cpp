// Checks the tables of docs/performance.md against values worked out by hand, and that pages with
// an altered value are rejected.
#include "harness/report/performance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/records/synthetic.hpp"
#include "harness/report/native_ratio.hpp"

namespace kernelgate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* wide = "-O2; kernels: -O3 -march=native; vectors: AVX-512";
constexpr const char* narrow = "-O2; kernels: -O3 -march=x86-64-v3; vectors: AVX2";

Record timed(const std::string& variant, double seconds, const std::string& axes,
             const std::string& flags = wide) {
  Record row = synthetic::bench_row();
  row.variant = variant;
  row.axes = axes;
  row.environment.cpu = "A";
  row.environment.flags = flags;
  row.time_median_seconds = seconds;
  row.roofline_seconds = 1;
  return row;
}

Record refused(const std::string& axes, const std::string& flags) {
  Record row = timed("kokkos/cpu", 1, axes, flags);
  row.status = Status::unsupported;
  row.time_median_seconds = row.roofline_seconds = std::nullopt;
  return row;
}

/// Two builds, two cases with a roofline time of 1 s. Tuned code does not support the second, and
/// no vendor library was run on it.
std::vector<Record> two_builds() {
  return {timed("kokkos", 2, "n=1,f32"),
          timed("kokkos/cpu", 1.6, "n=1,f32"),
          timed("kokkos/cpu-bf16", 3, "n=1,f32"),
          timed("kokkos/device-shape", 0.5, "n=1,f32"),
          timed("baseline/onednn", 4, "n=1,f32"),
          timed("baseline/openblas", 2.5, "n=1,f32"),
          timed("kokkos", 4, "n=2,f32"),
          refused("n=2,f32", wide),
          timed("kokkos", 5, "n=1,f32", narrow),
          timed("kokkos/cpu", 4, "n=1,f32", narrow),
          timed("baseline/onednn", 2.5, "n=1,f32", narrow),
          timed("kokkos", 4, "n=2,f32", narrow),
          refused("n=2,f32", narrow)};
}

std::string page_with(const std::string& tables) {
  return "# Performance\n\n" + std::string(performance_markers.begin) + tables +
         std::string(performance_markers.end) + "below\n";
}

TEST(Origin, IsPortableTunedOrVendorAndNothingForAnotherShape) {
  EXPECT_EQ(origin_of("kokkos"), Origin::portable);
  EXPECT_EQ(origin_of("kokkos/cpu-amx"), Origin::tuned);
  EXPECT_EQ(origin_of("native/matrix"), Origin::tuned);
  EXPECT_EQ(origin_of("baseline/onednn"), Origin::vendor);
  EXPECT_EQ(origin_of("kokkos/device-shape"), std::nullopt);
}

TEST(PerformanceTables, HoldTheFastestOfEachOriginOfACase) {
  const std::string tables = performance_tables(two_builds());
  EXPECT_THAT(tables, HasSubstr("### Cases, AVX-512\n"));
  EXPECT_THAT(
      tables,
      HasSubstr("| `linear/n=1,f32` | 1.00 s | 2.00 s | 50 % | kokkos/cpu | 1.60 s | 1.25 | "
                "baseline/openblas | 2.50 s | 0.80 |\n"));
  EXPECT_THAT(
      tables,
      HasSubstr("| `linear/n=2,f32` | 1.00 s | 4.00 s | 25 % | kokkos/cpu | unsupported | – "
                "| – | – | – |\n"));
  const std::size_t second = tables.find("### Cases, AVX2\n");
  ASSERT_NE(second, std::string::npos);
  EXPECT_THAT(
      tables.substr(second),
      HasSubstr("| `linear/n=1,f32` | 1.00 s | 5.00 s | 20 % | kokkos/cpu | 4.00 s | 1.25 | "
                "baseline/onednn | 2.50 s | 2.00 |\n"));
}

TEST(PerformanceTables, HoldACaseThatPortableCodeWasNotRunOn) {
  Record hot = timed("kokkos/cpu", 2, "n=1,f32");
  hot.cache = CacheMode::hot;
  EXPECT_THAT(
      performance_tables(std::vector<Record>{hot}),
      HasSubstr("| `linear/n=1,f32`, hot | – | – | – | kokkos/cpu | 2.00 s | – | – | – | – |\n"));
}

TEST(PerformanceTables, HoldTheMeansOfSpeedByKernel) {
  // Tuned: 2 and 8 times as fast, geometric mean 4.
  const std::vector<Record> rows{timed("kokkos", 2, "n=1,f32"), timed("kokkos/cpu", 1, "n=1,f32"),
                                 timed("kokkos", 8, "n=2,f32"), timed("kokkos/cpu", 1, "n=2,f32")};
  EXPECT_THAT(performance_tables(rows),
              HasSubstr("| linear | AVX-512 | 4.00, largest 8.00 (2 cases) | – |\n"));
}

TEST(PerformanceTables, HoldEfficiencyByBuildAndTheMetricOverThem) {
  const std::string tables = performance_tables(two_builds());
  EXPECT_THAT(tables,
              HasSubstr("| kernel | code | of the roofline, AVX-512 | of the best, AVX-512 | "
                        "of the roofline, AVX2 | of the best, AVX2 | portability, roofline "
                        "| portability, best |\n"));
  // Roofline 2 / (2 + 4) and 2 / (5 + 4), over both 2 / (3 + 4.5).
  // Best 2 / (1/0.8 + 1) and 2 / (2 + 1), over both 2 / (1.125 + 1.5).
  EXPECT_THAT(tables,
              HasSubstr("| linear | portable | 33.3 % | 88.9 % | 22.2 % | 66.7 % | 26.7 % | "
                        "76.2 % |\n"));
  // A case is unsupported, so the metric is 0, whatever the variant reaches on the other.
  EXPECT_THAT(tables, HasSubstr("| linear | tuned | 62.5 % (1 of 2 cases) | 100 % (1 of 2 cases) | "
                                "25 % (1 of 2 cases) | 62.5 % (1 of 2 cases) | 0 % | 0 % |\n"));
  EXPECT_THAT(tables, HasSubstr("| linear | vendor | 40 % (1 of 2 cases) | 64 % (1 of 2 cases) | "
                                "40 % (1 of 2 cases) | 100 % (1 of 2 cases) | no value | no value "
                                "|\n"));
}

TEST(PerformanceTables, StateNoPortabilityOfOneBuild) {
  const std::string tables = performance_tables(std::vector<Record>{timed("kokkos", 2, "n=1,f32")});
  EXPECT_THAT(tables, HasSubstr("| linear | portable | 50 % | 100 % |\n"));
  EXPECT_THAT(tables, Not(HasSubstr("portability, roofline")));
}

TEST(PerformanceTables, SayWhereAndHowTheTimesWereTaken) {
  const std::string tables = performance_tables(two_builds());
  for (const char* line :
       {"| date (UTC) | 2026-01-31 | 2026-01-31 |\n", "| threads | 2 | 2 |\n",
        "| kernels built for | -march=native, AVX-512 | -march=x86-64-v3, AVX2 |\n",
        "| caches | cold | cold |\n", "| samples per variant and case | 21 | 21 |\n",
        "| read bandwidth | 10.0 GB/s | 10.0 GB/s |\n",
        "| disturbed samples | not shown by the system | not shown by the system |\n"}) {
    EXPECT_THAT(tables, HasSubstr(line));
  }
  EXPECT_THAT(tables, Not(HasSubstr("| host |")));  // no record has a host name
}

TEST(PerformanceTables, NameTiersInFullWhereTheirVectorsAreTheSame) {
  Record other = timed("kokkos", 2, "n=1,f32");
  other.environment.threads = 1;
  const std::string tables =
      performance_tables(std::vector<Record>{timed("kokkos", 2, "n=1,f32"), other});
  EXPECT_THAT(tables, HasSubstr("### Cases, A, 1 thread\n"));
  EXPECT_THAT(tables, HasSubstr("### Cases, A, 2 threads\n"));
}

TEST(PerformanceTables, RefuseTimesOfOneCaseFromTwoRuns) {
  std::vector<Record> rows{timed("kokkos", 2, "n=1,f32"), timed("kokkos/cpu", 1, "n=1,f32")};
  rows[1].run_id = "another";
  try {
    performance_tables(rows);
    FAIL() << "times that are not paired were compared";
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("that of kokkos/cpu of run another"));
  }
}

TEST(PerformanceTables, RefuseRecordsWithoutATime) {
  EXPECT_THROW(performance_tables(std::vector<Record>{synthetic::check_row()}), BadInput);
}

TEST(PerformanceFault, TakesAPageOfItsRecordsAndWritesItAnew) {
  const std::string tables = performance_tables(two_builds());
  const std::string page = page_with(tables);
  EXPECT_EQ(performance_fault(page, tables, "p.md"), std::nullopt);
  EXPECT_EQ(markdown::with_part(page_with("old\n"), performance_markers, tables, "p.md"), page);
}

TEST(PerformanceFault, NamesTheFirstLineWithAnAlteredFigure) {
  EXPECT_EQ(performance_fault(page_with("a\n| 1.25 |\nc\n"), "a\n| 1.20 |\nc\n", "p.md"),
            "p.md:5: got '| 1.25 |', expected '| 1.20 |'");
  EXPECT_EQ(performance_fault(page_with("a\n"), "a\nb\n", "p.md"),
            "p.md:5: got the end of the tables, expected 'b'");
  EXPECT_EQ(performance_fault(page_with("a\nb\n"), "a\n", "p.md"),
            "p.md:5: got 'b', expected the end of the tables");
}

TEST(PerformanceFault, RefusesAPageWithoutTheMarkers) {
  EXPECT_THROW(performance_fault("# Performance\n", "a\n", "p.md"), BadInput);
}

}  // namespace
}  // namespace kernelgate
