#include "harness/run/counters_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/run/check_run.hpp"

namespace kernelgate {
namespace {

using testing::HasSubstr;

LaunchCounters example() {
  LaunchCounters c;
  c.kernel = "gemm<w32>";
  c.launches = 2;
  c.waves = 8;
  c.all_waves = 512;
  c.shared_accesses = 30;
  c.global_accesses = 11;
  c.left_out = 1;
  c.cycles = {90, 40};
  c.sectors = {48, 44};
  c.places = {{"gemm.hpp:8", false, true, 10, {60, 10}}, {"gemm.hpp:9", true, false, 4, {8, 4}}};
  return c;
}

TEST(CountersTable, ComeThroughThePipeAsTheyWere) {
  Checked checked;
  checked.record.kernel = "linear";
  checked.message = "  a message\n";
  checked.counters = {example(), LaunchCounters{}};
  const Checked back = unpack(pack(checked));
  EXPECT_EQ(back.counters, checked.counters);
  EXPECT_EQ(back.message, checked.message);
  EXPECT_TRUE(unpack(pack(Checked{})).counters.empty());
}

TEST(CountersTable, HaveOneEntryPerCaseAndDevice) {
  CountersTable table;
  EXPECT_EQ(table.text(), "");
  Record record;
  record.kernel = "linear";
  record.variant = "native";
  record.axes = "tokens=1,out=2,in=3,f32";
  record.backend = Backend::source;
  record.device = "nv-sm90";
  table.add(record, {});
  EXPECT_EQ(table.text(), "");
  table.add(record, {example()});
  const std::string once = table.text();
  EXPECT_THAT(once, HasSubstr("counters, modelled"));
  EXPECT_THAT(once, HasSubstr("linear/native/tokens=1,out=2,in=3,f32  on nv-sm90 (source)\n"));
  EXPECT_THAT(once, HasSubstr("read of shared memory at gemm.hpp:8: 60 cycles in 10 accesses"));
  EXPECT_THAT(once, HasSubstr("write of a buffer at gemm.hpp:9: 8 sectors in 4 accesses"));
  record.schedule_seed = 7;
  table.add(record, {example()});
  EXPECT_EQ(table.text(), once);
  record.device = "amd-gfx942";
  table.add(record, {example()});
  EXPECT_NE(table.text(), once);
}

TEST(CountersTable, OfSeveralLaunchesOfAKernelAreTheirSum) {
  std::vector<LaunchCounters> all;
  for (int launch = 0; launch < 3; ++launch) add(all, example());
  LaunchCounters other = example();
  other.kernel = "merge<w32>";
  add(all, other);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].launches, 6U);
  EXPECT_EQ(all[0].waves, 24U);
  EXPECT_EQ(all[0].cycles, (Cost{270, 120}));
  ASSERT_EQ(all[0].places.size(), 2U);
  EXPECT_EQ(all[0].places[0].cost, (Cost{180, 30}));
  EXPECT_EQ(all[1], other);
}

}  // namespace
}  // namespace kernelgate
