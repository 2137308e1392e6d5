#include "harness/run/finished_rows.hpp"

#include <gtest/gtest.h>

#include "harness/run/check_run.hpp"

namespace kernelgate {
namespace {

Record row(Status status, std::optional<std::uint64_t> schedule = std::nullopt) {
  Record r;
  r.kernel = "linear";
  r.variant = "native";
  r.backend = Backend::source;
  r.axes = "tokens=1,bf16";
  r.data = DataMode::real;
  r.seed = 7;
  r.device = "nv-sm80";
  r.schedule_seed = schedule;
  r.status = status;
  r.environment.commit = "abc1234";
  return r;
}

TEST(FinishedRows, AreThoseThatPassedOrWereRefused) {
  for (const Status status : {Status::passed, Status::unsupported}) {
    EXPECT_TRUE(FinishedRows(std::vector<Record>{row(status)}, 7, "abc1234").has(row(status)));
  }
  for (const Status status :
       {Status::incorrect, Status::failed_recheck, Status::crashed, Status::timed_out}) {
    EXPECT_TRUE(FinishedRows(std::vector<Record>{row(status)}, 7, "abc1234").empty());
  }
}

TEST(FinishedRows, AreOfTheSameBuildSeedAndJudgement) {
  const std::vector<Record> rows{row(Status::passed, 2)};
  EXPECT_TRUE(FinishedRows(rows, 8, "abc1234").empty());
  EXPECT_TRUE(FinishedRows(rows, 7, "abc1235").empty());
  EXPECT_TRUE(FinishedRows(rows, 7, "abc1234-dirty").empty());
  const FinishedRows finished(rows, 7, "abc1234");
  EXPECT_TRUE(finished.has(rows[0]));
  EXPECT_FALSE(finished.has(row(Status::passed, 3)));
  EXPECT_FALSE(finished.has(row(Status::passed)));
  for (std::string Record::*field :
       {&Record::kernel, &Record::variant, &Record::axes, &Record::device}) {
    Record other = rows[0];
    other.*field += "x";
    EXPECT_FALSE(finished.has(other));
  }
  Record exact = rows[0];
  exact.data = DataMode::exact;
  EXPECT_FALSE(finished.has(exact));
}

/// A case without tensors. Its variant is never started here.
class NoCase final : public Case {
 public:
  std::string kernel() const override { return "linear"; }
  std::string axes() const override { return "tokens=1,bf16"; }
  Traffic traffic() const override { return {}; }
  std::vector<TensorSpec> tensors() const override { return {}; }
  void fill(TensorSet&, DataMode, std::uint64_t) const override {}
  ReferenceValues reference_values(const TensorSet&, DataMode, std::uint64_t) const override {
    return {};
  }
  std::optional<std::string> exact_not_applicable() const override { return std::nullopt; }
};

TEST(FinishedRows, LeaveOutACaseOnlyWhereAllItsSchedulesAreThere) {
  Kernel kernel;
  kernel.name = "linear";
  Variant variant;
  variant.name = "native";
  variant.backend = Backend::source;
  variant.native =
      NativeSide{{},
                 [](const Case&, const DeviceProfile&) { return std::optional<std::string>{}; },
                 [](const Case&, const DeviceProfile& p) { return p.name; }};
  std::vector<SuiteCase> cases(1);
  cases[0].kernel = &kernel;
  cases[0].shape = std::make_unique<NoCase>();
  cases[0].variants = {&variant};
  CheckRun run;
  run.modes = {DataMode::real};
  run.seed = 7;
  run.virtual_runs.devices = {"nv-sm80", "nv-sm90"};
  run.virtual_runs.schedule_seeds = {0, 1};
  EXPECT_EQ(run.count(cases), 4);
  std::vector<Record> rows{row(Status::passed, 0)};
  const FinishedRows half(rows, 7, "abc1234");
  run.finished = &half;
  EXPECT_EQ(run.count(cases), 4);  // both schedules run again, because their bits are compared
  rows.push_back(row(Status::passed, 1));
  const FinishedRows whole(rows, 7, "abc1234");
  run.finished = &whole;
  EXPECT_EQ(run.count(cases), 2);
}

}  // namespace
}  // namespace kernelgate
