// `check` tests a native variant's determinism claim; a variant that violates it is incorrect.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/records/record.hpp"
#include "harness/run/check_run.hpp"
#include "tests/native/twice_case.hpp"

namespace kernelgate {
namespace {

using ::testing::HasSubstr;

class DeterminismClaimCheck : public ::testing::Test {
 protected:
  DeterminismClaimCheck() {
    registry.add_kernel<TwiceCase>("y = 2 x");
    registry.add_entries("twice", Backend::source, mutants_source_entries());
  }

  /// Runs `check` on one case in both data modes, on one device per wave width.
  std::vector<Record> rows(const std::string& mutant, Reproducible determinism_claim) {
    registry.add_native(plan_of(mutant, std::move(determinism_claim)));
    std::vector<SuiteCase> cases(1);
    cases[0].kernel = &registry.find("twice");
    cases[0].shape = std::make_unique<TypedCase<TwiceCase>>(TwiceCase{.count = 20000});
    cases[0].variants = {cases[0].kernel->find_variant(mutant)};
    cases[0].origin = "suites/own.csv:2";
    CheckRun run;
    run.threads = 1;
    run.virtual_runs.devices = {"nv-sm90", "amd-gfx942"};
    std::vector<Record> all;
    run.run(cases, [&](const Checked& checked) { all.push_back(checked.record); });
    return all;
  }

  static int count(const std::vector<Record>& rows, const std::string& device, Status status) {
    int found = 0;
    for (const Record& row : rows) found += row.device == device && row.status == status;
    return found;
  }

  Registry registry;
};

TEST_F(DeterminismClaimCheck, PassesAVariantWhoseBitsStayUnderTwentySchedules) {
  const std::vector<Record> all = rows("none", {true, "sums in a fixed order"});
  for (const char* device : {"nv-sm90", "amd-gfx942"}) {
    EXPECT_EQ(count(all, device, Status::passed), 3 + 20) << device;  // exact, real
  }
  EXPECT_EQ(all.size(), 2U * 23U);
}

TEST_F(DeterminismClaimCheck, RefusesAVariantThatLies) {
  const std::vector<Record> all = rows("float_atomics", {true, "sums in a fixed order"});
  for (const char* device : {"nv-sm90", "amd-gfx942"}) {
    EXPECT_GT(count(all, device, Status::incorrect), 0) << device;
  }
  const auto refused = std::find_if(
      all.begin(), all.end(), [](const Record& row) { return row.status == Status::incorrect; });
  ASSERT_NE(refused, all.end());
  EXPECT_THAT(refused->message,
              HasSubstr("bits of 'total' differ from those under schedule 0, though declared "
                        "reproducible (sums in a fixed order)"));
  // Under one schedule alone it would pass, so the command also has the schedule of the other bits.
  EXPECT_THAT(repro_command(*refused),
              HasSubstr("kernelgate check --threads 1 --schedule-seed 0 --case "));
  EXPECT_THAT(repro_command(*refused),
              ::testing::EndsWith(fmt::format("--schedule-seed {}", *refused->schedule_seed)));
}

TEST_F(DeterminismClaimCheck, LetsAVariantSayThatItsBitsMayDiffer) {
  const std::vector<Record> all = rows("float_atomics", {false, "float atomics in any order"});
  for (const char* device : {"nv-sm90", "amd-gfx942"}) {
    EXPECT_EQ(count(all, device, Status::passed), 3 + 3) << device;
  }
}

TEST_F(DeterminismClaimCheck, HasOneRowForAnUnsupportedCaseWhateverTheData) {
  registry.add_native(plan_of("none"));
  std::vector<SuiteCase> cases(1);
  cases[0].kernel = &registry.find("twice");
  cases[0].shape =
      std::make_unique<TypedCase<TwiceCase>>(TwiceCase{.count = std::int64_t{1} << 32});
  cases[0].variants = {cases[0].kernel->find_variant("none")};
  cases[0].origin = "--case twice/none/count=4294967296";
  CheckRun run;
  run.threads = 1;
  run.virtual_runs.devices = {"nv-sm90", "amd-gfx942"};
  run.virtual_runs.schedules = 1;
  EXPECT_EQ(run.count(cases), 2 + 1);  // supported on nv-sm90 in both modes, not on amd-gfx942
}

}  // namespace
}  // namespace kernelgate
