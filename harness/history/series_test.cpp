#include "harness/history/series.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/records/synthetic.hpp"

namespace kernelgate::history {
namespace {

Record timed(int job, double seconds) {
  Record r = synthetic::bench_row();
  r.run_id = fmt::format("run-{}", job);
  r.time_utc = fmt::format("2026-01-{:02}T00:00:00Z", job);
  r.environment.commit = fmt::format("c{}", job);
  r.time_median_seconds = seconds;
  return r;
}

TEST(Histories, TakeOneValueOfAJobHoweverManyRowsItHas) {
  // Re-runs within one run are not replications: its 1, 5 and 3 ms count once, as 3 ms.
  std::vector<Record> rows{timed(2, 0.002), timed(1, 0.001), timed(1, 0.005), timed(1, 0.003)};
  const std::vector<History> all = histories_of(rows, {});
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(all[0].jobs.size(), 2U);
  EXPECT_EQ(all[0].jobs[0].commit, "c1");  // by time
  EXPECT_EQ(all[0].jobs[0].seconds, 0.003);
  EXPECT_EQ(all[0].key.id(), "linear/kokkos/tokens=7,out=64,in=64,bf16 cold");
  EXPECT_EQ(all[0].key.machine(), "Fast CPU, 2 GHz, 2 threads, GNU 12.2.0");
}

TEST(Histories, KeepMachinesToolchainsAndModesApart) {
  std::vector<Record> rows(8, timed(1, 0.001));
  rows[1].environment.cpu = "Slow CPU";
  rows[2].environment.compiler = "Clang 22";
  rows[3].cache = CacheMode::hot;
  rows[4].variant = "kokkos/cpu";
  rows[5].environment.threads = 4;
  rows[6].environment.host = "the name of a machine is no property of it";
  rows[7].environment.flags = "-O3; kernels: -march=x86-64-v3";
  EXPECT_EQ(histories_of(rows, {}).size(), 7U);
}

TEST(Histories, LeaveOutWhatIsNoMeasuredTime) {
  std::vector<Record> rows(5, timed(1, 0.001));
  rows[0].provenance = Provenance::modelled;
  rows[1].time_median_seconds = std::nullopt;
  rows[2].status = Status::failed_recheck;
  rows[3].row = RowKind::round;
  rows[4].row = RowKind::check;
  EXPECT_TRUE(histories_of(rows, {}).empty());
}

TEST(Histories, NameTheCommitsBetweenWhichALevelChanged) {
  std::vector<Record> rows;
  for (int job = 1; job <= 28; ++job) {
    rows.push_back(timed(job, (job <= 16 ? 0.001 : 0.0011) * (1 + 0.0001 * (job % 5))));
  }
  const std::vector<History> all = histories_of(rows, {});
  ASSERT_EQ(all.at(0).changes.size(), 1U);
  const ChangePoint& change = all[0].changes[0];
  EXPECT_EQ(all[0].jobs[change.first - 1].commit, "c16");
  EXPECT_EQ(all[0].jobs[change.first].commit, "c17");
}

TEST(Merged, HoldsARowOfTwoFilesOnce) {
  const std::vector<Record> rows = merged({{timed(2, 0.1), timed(1, 0.1)}, {timed(1, 0.1)}});
  EXPECT_EQ(rows, (std::vector<Record>{timed(1, 0.1), timed(2, 0.1)}));
}

}  // namespace
}  // namespace kernelgate::history
