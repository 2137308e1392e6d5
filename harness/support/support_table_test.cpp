#include "harness/support/support_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/support/synthetic_kernel.hpp"

namespace kernelgate {
namespace {

using synthetic::native_row;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

SupportRow row_of(std::span<const Record> records, std::span<const ResourceRow> compiled = {}) {
  static const Registry registry = synthetic::registry();
  std::vector<SupportRow> table = support_table(registry, records, compiled);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table[0].id(), "plain/native");
  return table[0];
}

const SupportCell& cell(const SupportRow& row, const std::string& profile) {
  return row.cells[device_index(device_profile(profile))];
}

TEST(SupportTable, LetsARunSpeakForDevicesThatWouldLaunchTheSame) {
  const std::vector<Record> records{native_row("rows=1,f32", "nv-sm80", Status::passed),
                                    native_row("rows=2,bf16", "wide", Status::passed)};
  const SupportRow row = row_of(records);
  EXPECT_EQ(row.cases, 2);
  for (const DeviceProfile& profile : device_profiles()) {
    EXPECT_EQ(cell(row, profile.name).passed, 1) << profile.name;  // one with 32, one with 64 lanes
    EXPECT_EQ(cell(row, profile.name).not_run, 1) << profile.name;
  }
  EXPECT_THAT(row.types, ElementsAre("bf16", "f32"));
}

TEST(SupportTable, SaysWhichCasesAreCoveredByRunsOnOtherDevices) {
  const SupportRow row =
      row_of(std::vector<Record>{native_row("rows=1,f32", "nv-sm80", Status::passed),
                                 native_row("rows=2,f32", "nv-sm80", Status::passed),
                                 native_row("rows=2,f32", "nv-sm90", Status::passed)});
  EXPECT_EQ(cell(row, "nv-sm80").covered, 0);
  EXPECT_TRUE(cell(row, "nv-sm80").has_own_run());
  EXPECT_EQ(cell(row, "nv-sm90").covered, 1);  // rows=2 ran there
  EXPECT_TRUE(cell(row, "nv-sm90").has_own_run());
  EXPECT_THAT(cell(row, "nv-sm90").covered_by, ElementsAre("nv-sm80"));
  EXPECT_EQ(cell(row, "nv-sm75").covered, 2);
  EXPECT_FALSE(cell(row, "nv-sm75").has_own_run());
  EXPECT_THAT(cell(row, "nv-sm75").covered_by, ElementsAre("nv-sm80", "nv-sm90"));
  EXPECT_EQ(cell(row, "amd-gfx942").covered, 0);  // waves of 64: not covered by any run
}

TEST(SupportTable, CountsACaseAsFailedWhateverElsePassed) {
  const std::vector<Record> records{native_row("rows=1,f32", "nv-sm80", Status::passed, 0),
                                    native_row("rows=1,f32", "nv-sm80", Status::crashed, 1),
                                    native_row("rows=1,f32", "nv-sm80", Status::passed, 2)};
  const SupportRow row = row_of(records);
  EXPECT_EQ(cell(row, "nv-sm90").passed, 0);
  EXPECT_EQ(cell(row, "nv-sm90").failed, 1);
  EXPECT_EQ(cell(row, "amd-gfx942").failed, 0);
  EXPECT_EQ(cell(row, "nv-sm80").covered_failed, 0);  // ran there
  EXPECT_EQ(cell(row, "nv-sm90").covered, 1);
  EXPECT_EQ(cell(row, "nv-sm90").covered_failed, 1);
  EXPECT_TRUE(row.types.empty());
}

TEST(SupportTable, PartsWhatADeviceRefusesFromWhatTheVariantRefuses) {
  const std::vector<Record> records{native_row("rows=10,f32", "tiny", Status::unsupported),
                                    native_row("rows=11,f16", "tiny", Status::unsupported),
                                    native_row("rows=1000,f16", "tiny", Status::unsupported)};
  const SupportRow row = row_of(records);
  EXPECT_EQ(row.cases, 2);
  EXPECT_EQ(cell(row, "tiny").refused, 2);
  EXPECT_THAT(cell(row, "tiny").reasons,
              ElementsAre("plain<TYPE,w32> needs 32768 B of LDS, DEVICE gives 16384 B"));
  EXPECT_EQ(cell(row, "nv-sm80").refused, 0);
  EXPECT_EQ(cell(row, "nv-sm80").not_run, 2);
  EXPECT_THAT(row.refused_everywhere, ElementsAre(std::pair("takes 999 rows", 1)));
}

TEST(SupportTable, CountsTheInstancesThatAreCompiledForTheTarget) {
  const std::vector<Record> records{native_row("rows=100,f32", "nv-sm80", Status::passed)};
  ResourceRow plain, sum;
  plain.kernel = "plain<f32,w32>";
  sum.kernel = "sum<w32>";
  plain.profile = sum.profile = "nv-sm80";
  ResourceRow elsewhere = plain;
  elsewhere.profile = "nv-sm90";
  const SupportRow row = row_of(records, std::vector<ResourceRow>{plain, sum, elsewhere});
  EXPECT_THAT(cell(row, "nv-sm80").instances, ElementsAre("plain<f32,w32>", "sum<w32>"));
  EXPECT_EQ(cell(row, "nv-sm80").compiled, 2);
  EXPECT_EQ(cell(row, "nv-sm90").compiled, 1);
  EXPECT_EQ(cell(row, "amd-gfx942").compiled, 0);
}

TEST(SupportTable, KeepsWhatWasMeasuredToItsDevice) {
  Record gpu = native_row("rows=1,f32", "nv-sm90", Status::passed);
  gpu.backend = Backend::cuda;
  gpu.provenance = Provenance::measured;
  const SupportRow row = row_of(std::vector<Record>{gpu});
  EXPECT_EQ(cell(row, "nv-sm90").measured, 1);
  EXPECT_EQ(cell(row, "nv-sm90").passed, 0);
  EXPECT_EQ(cell(row, "nv-sm80").measured, 0);
  EXPECT_TRUE(row.determinism_claims.empty());
}

TEST(SupportTable, TakesTheCaseOfMostSchedulesAsTheTestOfADeterminismClaim) {
  std::vector<Record> records;
  records.reserve(25);
  for (std::uint64_t s = 0; s < 20; ++s) {
    records.push_back(native_row("rows=2,f32", "nv-sm80", Status::passed, s));
  }
  for (std::uint64_t s = 0; s < 3; ++s) {
    records.push_back(native_row("rows=1,f32", "nv-sm80", Status::passed, s));
    records.push_back(native_row("rows=1,f32", "amd-gfx942", Status::passed, s));
  }
  SupportRow row = row_of(records);
  EXPECT_EQ(row.determinism_claims[32].axes, "rows=2,f32");
  EXPECT_EQ(row.determinism_claims[32].schedules, 20);
  EXPECT_TRUE(row.determinism_claims[32].agreed);
  EXPECT_EQ(row.determinism_claims[64].schedules, 3);
  records.push_back(native_row("rows=1,f32", "nv-sm75", Status::incorrect, 3));
  row = row_of(records);
  EXPECT_FALSE(row.determinism_claims[32].agreed);
  EXPECT_EQ(row.determinism_claims[32].device, "nv-sm75");
}

TEST(SupportTable, RefusesRecordsOfAnotherBuild) {
  Record foreign = native_row("rows=1,f32", "nv-sm80", Status::passed);
  foreign.variant = "native/gone";
  try {
    row_of(std::vector<Record>{foreign});
    FAIL() << "a record of an unknown variant was taken";
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("plain/native/gone"));
  }
  EXPECT_THROW(row_of(std::vector<Record>{native_row("rows=x,f32", "nv-sm80", Status::passed)}),
               BadInput);
}

TEST(SupportTable, ReadsTheEntriesOfALaunch) {
  EXPECT_THAT(entries_in("a<f32,w32> 64 x 256, b<w32> (1,2,3) x 256, a<f32,w32> 1 x 1"),
              ElementsAre("a<f32,w32>", "b<w32>"));
  EXPECT_THAT(entries_in(""), ElementsAre());
}

}  // namespace
}  // namespace kernelgate
