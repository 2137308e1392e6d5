#include "harness/timing/machine_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  synthetic::write_all(file, text);
}

TEST(MachineWatch, AddsUpThrottleEventsOfCoresAndPackages) {
  const synthetic::Folder cpus;
  put(cpus / "cpu0/thermal_throttle/core_throttle_count", "3\n");
  put(cpus / "cpu0/thermal_throttle/package_throttle_count", "10\n");
  put(cpus / "cpu11/thermal_throttle/core_throttle_count", "4\n");
  put(cpus / "cpufreq/thermal_throttle/core_throttle_count", "1000\n");  // not a processor
  const MachineWatch watch(cpus.path());
  EXPECT_EQ(watch.throttle_events(), 17);
  put(cpus / "cpu11/thermal_throttle/core_throttle_count", "5\n");
  EXPECT_EQ(watch.throttle_events(), 18);
  EXPECT_FALSE(watch.clock_hz().has_value());
}

TEST(MachineWatch, TakesTheMeanOfTheClocksInHertz) {
  const synthetic::Folder cpus;
  put(cpus / "cpu0/cpufreq/scaling_cur_freq", "2000000\n");
  put(cpus / "cpu1/cpufreq/scaling_cur_freq", "3000000\n");
  const MachineWatch watch(cpus.path());
  EXPECT_EQ(watch.clock_hz(), 2.5e9);
  EXPECT_FALSE(watch.throttle_events().has_value());
}

TEST(MachineWatch, SaysNothingWhereTheSystemShowsNothing) {
  const synthetic::Folder cpus;
  put(cpus / "cpu0/cpufreq/scaling_cur_freq", "<unknown>\n");
  EXPECT_FALSE(MachineWatch(cpus.path()).clock_hz().has_value());
  EXPECT_FALSE(MachineWatch(cpus / "nowhere").throttle_events().has_value());
}

TEST(MachineWatch, AddsUpHowLongThreadsWaitedForACore) {
  const synthetic::Folder tasks;
  put(tasks / "11/schedstat", "900 2000000000 7\n");
  put(tasks / "12/schedstat", "800 500000000 5\n");
  put(tasks / "13/stat", "a thread that ended\n");
  EXPECT_EQ(MachineWatch(tasks / "nowhere", tasks.path()).waiting_seconds(), 2.5);
  EXPECT_FALSE(MachineWatch(tasks / "nowhere", tasks / "none").waiting_seconds().has_value());
  const synthetic::Folder uncounted;
  put(uncounted / "11/schedstat", "0 0 0\n");
  EXPECT_FALSE(MachineWatch(tasks / "nowhere", uncounted.path()).waiting_seconds().has_value());
}

// Two threads share one core: while one of them runs, the other waits.
TEST(MachineWatch, SeesThreadsWaitForEachOther) {
  const MachineWatch watch;
  if (!watch.waiting_seconds()) GTEST_SKIP() << "this system shows no schedstat";
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(before), &before), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
  const double start = *watch.waiting_seconds();
  std::atomic<bool> end{false};
  std::thread other([&] {  // inherits the one core
    while (!end) continue;
  });
  using Clock = std::chrono::steady_clock;
  const auto limit = Clock::now() + std::chrono::seconds(10);
  double waited = 0;
  while (waited < 0.05 && Clock::now() < limit) waited = *watch.waiting_seconds() - start;
  end = true;
  other.join();
  ::sched_setaffinity(0, sizeof(before), &before);
  EXPECT_GE(waited, 0.05);
}

// Every new page that is touched is one fault, so the expected count is known.
void touch_pages(std::size_t pages) {
  constexpr std::size_t page = 4096;
  void* const memory =
      ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, pages * page, MADV_NOHUGEPAGE);
  for (std::size_t i = 0; i < pages; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
  ::munmap(memory, pages * page);
}

TEST(PerfCounter, CountsThisThreadAndThoseItStartsLater) {
  const PerfCounter counter(PerfCounter::Event::page_faults);
  if (!counter.count()) GTEST_SKIP() << counter.missing();
  const double before = *counter.count();
  touch_pages(300);
  const double own = *counter.count() - before;
  EXPECT_GE(own, 300);
  EXPECT_LT(own, 400);
  std::thread([] { touch_pages(1000); }).join();
  EXPECT_GE(*counter.count() - before, 1300);
}

TEST(PerfCounter, CountsOrSaysWhyNot) {
  for (const auto event : {PerfCounter::Event::instructions, PerfCounter::Event::cycles}) {
    const PerfCounter counter(event);
    EXPECT_NE(counter.count().has_value(), !counter.missing().empty()) << counter.missing();
  }
}

}  // namespace
}  // namespace kernelgate
