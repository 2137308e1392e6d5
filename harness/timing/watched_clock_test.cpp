// Tests the clock with counters that the test writes itself.
#include "harness/timing/watched_clock.hpp"

#include <gtest/gtest.h>

#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

/// A simulated system with one thread and one processor, made of files.
class WatchedClockTest : public ::testing::Test {
 protected:
  WatchedClockTest() {
    waits(1000);
    throttles(3);
  }
  void waits(std::int64_t nanoseconds) const {
    put("tasks/7/schedstat", "900 " + std::to_string(nanoseconds) + " 1\n");
  }
  void throttles(int events) const {
    put("cpus/cpu0/thermal_throttle/core_throttle_count", std::to_string(events) + "\n");
  }
  MachineWatch watch() const { return MachineWatch(folder_ / "cpus", folder_ / "tasks"); }

 private:
  void put(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((folder_ / file).parent_path());
    synthetic::write_all(folder_ / file, text);
  }
  synthetic::Folder folder_;
};

constexpr std::int64_t an_hour = 3'600'000'000'000;

TEST_F(WatchedClockTest, LeavesATimeUnmarkedInWhichNothingHappened) {
  const MachineWatch machine = watch();
  const TimedSpan span = timed_span(machine, [] {});
  EXPECT_EQ(span.disturbed, false);
  EXPECT_GE(span.seconds, 0);
}

TEST_F(WatchedClockTest, MarksATimeInWhichThreadsWaitedForACore) {
  const MachineWatch machine = watch();
  EXPECT_EQ(timed_span(machine, [&] { waits(an_hour); }).disturbed, true);
}

TEST_F(WatchedClockTest, MarksATimeInWhichTheClockWasThrottled) {
  const MachineWatch machine = watch();
  EXPECT_EQ(timed_span(machine, [&] { throttles(4); }).disturbed, true);
}

TEST_F(WatchedClockTest, CountsNoWaitingBetweenItsStretches) {
  const MachineWatch machine = watch();
  WatchedClock clock(machine);
  clock.start();
  clock.stop();
  waits(an_hour);
  clock.start();
  clock.stop();
  EXPECT_EQ(clock.total().disturbed, false);
  clock.start();
  waits(2 * an_hour);
  clock.stop();
  EXPECT_EQ(clock.total().disturbed, true);
}

TEST_F(WatchedClockTest, SaysNothingWhereTheSystemShowsNothing) {
  const synthetic::Folder empty;
  const MachineWatch machine(empty / "cpus", empty / "tasks");
  EXPECT_FALSE(timed_span(machine, [] {}).disturbed.has_value());
}

}  // namespace
}  // namespace kernelgate
