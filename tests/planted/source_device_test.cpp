// The source executor as a device: rejected launches, the text of its diagnostics, and their
// reproducibility.
#include "harness/executors/source/source_device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/devices/unsupported_reason.hpp"
#include "tests/planted/bench_device.hpp"

namespace kernelgate {

NativeEntries planted_source_entries();
NativeEntries planted_plain_entries();
NativeEntries schedule_source_entries();
NativeEntries schedule_plain_entries();

namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

SourceOptions seeded(std::uint64_t seed, Checking checking = Checking::all) {
  SourceOptions options;
  options.seed = seed;
  options.checking = checking;
  return options;
}

struct Buffers {
  std::uint32_t *x, *y, *z;
};

Buffers buffers_on(SourceDevice& device) {
  std::vector<std::uint32_t> numbers(4096);
  std::iota(numbers.begin(), numbers.end(), 0U);
  return {upload(device, numbers, "x"), upload(device, std::vector<std::uint32_t>(4096, 0), "y"),
          upload(device, std::vector<std::uint32_t>(64, 0), "z")};
}

std::string fault_of(SourceDevice& device, const NativeEntry& entry, const LaunchShape& shape) {
  const Buffers b = buffers_on(device);
  const std::uint32_t n = 4096;
  try {
    launch_kernel(device, entry, shape, b.x, b.y, b.z, n);
  } catch (const NativeFault& fault) {
    return fault.what();
  }
  return "";
}

const NativeEntry& planted(const std::string& name) {
  return entry_named(planted_source_entries(), name);
}

TEST(SourceDevice, WordsAFaultInTheOrderOfTheHouse) {
  SourceDevice device(device_profile("amd-gfx942"), seeded(17));
  device.name_run("topk/native/rows=1", "kernelgate check --case topk/native/rows=1");
  const NativeEntry& entry = planted("buffer_reused<bug,w64>");
  const std::string text = fault_of(device, entry, {{1, 1, 1}, 256, entry.shared_bytes});
  EXPECT_THAT(text, HasSubstr("incorrect  topk/native/rows=1 on amd-gfx942 (source)  seed 17\n"
                              "  race     read-write, shared memory, PlantedShared + "));
  EXPECT_THAT(text, HasSubstr("\n  got      write by block 0 thread "));
  EXPECT_THAT(text, HasSubstr("planted_order.hpp:"));
  EXPECT_THAT(text, HasSubstr("\n  against  read by block 0 thread "));
  EXPECT_THAT(text, HasSubstr(", same interval (1)"));
  EXPECT_THAT(text, HasSubstr("\n  rerun    kernelgate check --case topk/native/rows=1"));
}

TEST(SourceDevice, NamesTheLineInTheKernelAndNotInTheDialect) {
  SourceDevice device(device_profile("wide"), seeded(0));
  const NativeEntry& entry = planted("vector_over_scalar<bug,w64>");
  const std::string text = fault_of(device, entry, {{1, 1, 1}, 256, entry.shared_bytes});
  EXPECT_THAT(text, HasSubstr("planted_parts.hpp:"));
  EXPECT_THAT(text, testing::Not(HasSubstr("dialect.hpp")));
}

TEST(SourceDevice, NamesBothGroupsOfADivergentBarrier) {
  SourceDevice device(device_profile("wide"), seeded(0));
  const NativeEntry& entry = planted("early_return<bug,w64>");
  const std::string text = fault_of(device, entry, {{1, 1, 1}, 256, entry.shared_bytes});
  EXPECT_THAT(text,
              HasSubstr("sync     block 0 cannot go on, of its 256 threads 200 wait in k_sync at "
                        "planted_sync.hpp:"));
  EXPECT_THAT(text, HasSubstr("(first thread 0); 56 have exited"));
}

TEST(SourceDevice, TheSameSeedGivesTheSameReport) {
  for (const std::uint64_t seed : {0ULL, 1ULL, 99ULL}) {
    std::string first;
    for (int repeat = 0; repeat < 2; ++repeat) {
      SourceDevice device(device_profile("wide"), seeded(seed));
      const NativeEntry& entry = planted("missing_barrier<bug,w64>");
      const std::string text = fault_of(device, entry, {{2, 1, 1}, 256, entry.shared_bytes});
      if (repeat == 0) first = text;
      EXPECT_EQ(text, first);
      EXPECT_NE(text, "");
    }
  }
}

TEST(SourceDevice, RefusesAUnitThatIsNotObserved) {
  SourceDevice device(device_profile("wide"), seeded(0));
  const NativeEntry& entry = entry_of_width(schedule_plain_entries(), "identity", 64);
  const std::string text = fault_of(device, entry, {{1, 1, 1}, 64, 0});
  EXPECT_EQ(
      text,
      "identity<w64>: its unit is not instrumented: of 8 accesses of the self-test 0 were seen");
}

TEST(SourceDevice, RunsBothBuildModesWithoutChecks) {
  SourceDevice device(device_profile("wide"), seeded(1, Checking::off));
  for (const NativeEntries entries : {schedule_source_entries(), schedule_plain_entries()}) {
    auto* out = garbage<std::uint32_t>(device, 64, "out");
    EXPECT_TRUE(
        check_kernel(device, entry_of_width(entries, "identity", 64), {{1, 1, 1}, 64, 0}, out)
            .empty());
    EXPECT_EQ(download(device, out, 64)[63], 63U);
  }
}

TEST(SourceDevice, RefusesWhatTheProfileCannotDo) {
  SourceDevice tiny(device_profile("tiny"), seeded(0));
  const NativeEntry& entry = planted("missing_barrier<clean,w32>");
  EXPECT_THAT(fault_of(tiny, entry, {{1, 1, 1}, 512, entry.shared_bytes}),
              HasSubstr("unsupported  missing_barrier<clean,w32> on tiny (source): "));
  EXPECT_THAT(fault_of(tiny, entry, {{1, 1, 1}, 64, 66032}), HasSubstr("needs 66032 B of LDS"));
  EXPECT_THAT(fault_of(tiny, entry, {{1, 1, 1}, 64, 16}), HasSubstr("the kernel's struct has"));
  SourceDevice narrow(device_profile("nv-sm90"), seeded(0));
  EXPECT_THAT(fault_of(narrow, planted("missing_barrier<clean,w64>"), {{1, 1, 1}, 64, 8192}),
              HasSubstr("unsupported"));
}

TEST(SourceDevice, FortyEightKibibytesNeedTheOptIn) {
  Needs needs;
  needs.wave = 32;
  needs.threads = 128;
  needs.shared_bytes = 49 * 1024;
  needs.lds_opt_in = LdsOptIn::not_made;
  EXPECT_TRUE(unsupported_reason(needs, device_profile("nv-sm90")).has_value());
  needs.lds_opt_in = LdsOptIn::made;
  EXPECT_FALSE(unsupported_reason(needs, device_profile("nv-sm90")).has_value());
}

TEST(SourceDevice, AFaultOfAPlainUnitIsAFindingToo) {
  SourceDevice device(device_profile("wide"), seeded(0, Checking::off));
  const NativeEntry& null = entry_named(planted_plain_entries(), "null_pointer<bug,w64>");
  EXPECT_THAT(fault_of(device, null, {{1, 1, 1}, 64, 0}),
              HasSubstr("bounds   no memory of the device"));
  const NativeEntry& zero = entry_named(planted_plain_entries(), "division_by_zero<bug,w64>");
  EXPECT_THAT(fault_of(device, zero, {{1, 1, 1}, 64, 0}),
              HasSubstr("ub       integer division by zero"));
  const NativeEntry& locals = entry_named(planted_plain_entries(), "too_many_locals<bug,w64>");
  EXPECT_THAT(fault_of(device, locals, {{1, 1, 1}, 64, 0}),
              HasSubstr("the thread's local variables need more than its stack"));
  const NativeEntry& past = entry_named(planted_plain_entries(), "past_the_end<bug,w64>");
  EXPECT_THAT(fault_of(device, past, {{1, 1, 1}, 64, 0}),
              HasSubstr("a write past the end of buffer y (16384 B)"));
  const NativeEntry& clean = entry_named(planted_plain_entries(), "past_the_end<clean,w64>");
  SourceDevice fresh(device_profile("wide"), seeded(0, Checking::off));
  EXPECT_EQ(fault_of(fresh, clean, {{1, 1, 1}, 64, 0}), "");
}

SourceOptions patient(const StepLimit& step_limit, std::uint32_t yield_every = 0) {
  SourceOptions options;
  options.step_limit = step_limit;
  options.yield_every = yield_every;
  return options;
}

TEST(SourceDevice, EndsALoopAtTheStepAfterTheLimitAndSaysWhere) {
  SourceDevice device(device_profile("wide"), patient({.steps = 1000}));
  const std::string text = fault_of(device, planted("endless_loop<bug,w64>"), {{1, 1, 1}, 256, 0});
  EXPECT_THAT(text, HasSubstr("loop     1001 steps of one thread without an end, allowed 1000 "
                              "(--step-limit)"));
  EXPECT_THAT(text, HasSubstr("last step by block 0 thread 0 (wave 0 lane 0), planted_loops.hpp:"));
}

TEST(SourceDevice, EndsALoopAtTheSameStepOfTheSameSeed) {
  for (const std::uint32_t yield_every : {0U, 7U}) {
    std::string first;
    for (int repeat = 0; repeat < 2; ++repeat) {
      SourceOptions options = patient({.steps = 3000}, yield_every);
      options.seed = 5;
      SourceDevice device(device_profile("wide"), options);
      const std::string text =
          fault_of(device, planted("endless_loop<bug,w64>"), {{3, 1, 1}, 256, 0});
      if (repeat == 0) first = text;
      EXPECT_EQ(text, first);
      EXPECT_THAT(text, HasSubstr("loop     "));
    }
  }
}

// 256 threads take turns: none is near its limit when the block reaches 64 times that limit.
TEST(SourceDevice, EndsABlockWhoseThreadsLoopInTurn) {
  SourceDevice device(device_profile("wide"), patient({.steps = 1000}, 20));
  const std::string text = fault_of(device, planted("endless_loop<bug,w64>"), {{1, 1, 1}, 256, 0});
  EXPECT_THAT(text, MatchesRegex("(.|\n)*loop     640[0-9]+ steps of one block without an end, "
                                 "allowed 64000 .64 times --step-limit.(.|\n)*"));
}

TEST(SourceDevice, LetsAKernelTakeAsManyStepsAsItsLimit) {
  // four barriers, and a write that comes after them
  const NativeEntry& barriers = planted("endless_barriers<clean,w64>");
  SourceDevice four(device_profile("wide"), patient({.steps = 4}));
  EXPECT_EQ(fault_of(four, barriers, {{1, 1, 1}, 1, 0}).find("loop"), std::string::npos);
  SourceDevice three(device_profile("wide"), patient({.steps = 3}));
  EXPECT_THAT(fault_of(three, barriers, {{1, 1, 1}, 1, 0}),
              HasSubstr("loop     4 steps of one thread without an end, allowed 3 "));

  const NativeEntry& accesses = planted("endless_loop<clean,w64>");
  SourceDevice any(device_profile("wide"), patient({.steps = 0}));
  EXPECT_EQ(fault_of(any, accesses, {{1, 1, 1}, 1, 0}), "");
  const std::uint64_t made = any.accesses();
  EXPECT_EQ(made, 24U);  // eight rounds: x and y read, y written
  SourceDevice enough(device_profile("wide"), patient({.steps = made}));
  EXPECT_EQ(fault_of(enough, accesses, {{1, 1, 1}, 1, 0}), "");
  SourceDevice short_of_one(device_profile("wide"), patient({.steps = made - 1}));
  EXPECT_THAT(fault_of(short_of_one, accesses, {{1, 1, 1}, 1, 0}),
              HasSubstr("loop     24 steps of one thread without an end, allowed 23 "));
}

TEST(SourceDevice, NamesTheCallThatALoopOfWaveOperationsMakes) {
  SourceDevice device(device_profile("wide"), patient({.steps = 500}));
  const std::string text = fault_of(device, planted("endless_votes<bug,w64>"), {{1, 1, 1}, 128, 0});
  EXPECT_THAT(text, HasSubstr("loop     501 steps"));
  EXPECT_THAT(text, HasSubstr("planted_loops.hpp:"));
}

TEST(SourceDevice, EndsALoopWithoutAStepByTheClockInBothBuildModes) {
  for (const bool checked : {true, false}) {
    SourceOptions options = patient({.silent_seconds = 0.05});
    options.checking = checked ? Checking::all : Checking::off;
    SourceDevice device(device_profile("wide"), options);
    const NativeEntries entries = checked ? planted_source_entries() : planted_plain_entries();
    const std::string text =
        fault_of(device, entry_named(entries, "silent_loop<bug,w64>"), {{1, 1, 1}, 64, 0});
    EXPECT_THAT(text, HasSubstr("loop     0.05 s of processor time without a step, allowed 0.05 s "
                                "(--silent-limit); by the clock"));
    EXPECT_THAT(text, HasSubstr("found by block 0 thread 0 (wave 0 lane 0), "));
    EXPECT_THAT(text, HasSubstr("silent_loop"));
  }
}

TEST(SourceDevice, GoesOnAfterAFault) {
  SourceDevice device(device_profile("wide"), seeded(3));
  const NativeEntry& bug = planted("divergent_barrier<bug,w64>");
  const NativeEntry& clean = planted("divergent_barrier<clean,w64>");
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(fault_of(device, bug, {{1, 1, 1}, 256, 0}), "");
    EXPECT_EQ(fault_of(device, clean, {{1, 1, 1}, 256, 0}), "");
  }
}

TEST(SourceDevice, LaunchesFromAnyThreadOfTheHost) {
  std::thread other([] {
    SourceDevice device(device_profile("wide"), seeded(1));
    const NativeEntry& entry = planted("missing_barrier<clean,w64>");
    EXPECT_EQ(fault_of(device, entry, {{2, 1, 1}, 256, entry.shared_bytes}), "");
  });
  other.join();
}

TEST(SourceDevice, CheckedCodeOutsideOfALaunchReportsNothing) {
  const NativeEntry& entry = planted("missing_barrier<clean,w64>");
  std::uint32_t words[64] = {};
  const void* arguments[] = {words};
  entry.call(nullptr, arguments);  // the instrumentation self-test, without an observer
  EXPECT_EQ(words[3], 1U);
}

TEST(SourceDevice, TellsHowMuchStackWasUsed) {
  SourceDevice device(device_profile("wide"), seeded(0));
  const NativeEntry& entry = planted("missing_barrier<clean,w64>");
  EXPECT_EQ(fault_of(device, entry, {{1, 1, 1}, 256, entry.shared_bytes}), "");
  EXPECT_GE(device.stack_high_water(), 4096U);
  EXPECT_LT(device.stack_high_water(), FiberStacks::stride);
}

}  // namespace
}  // namespace kernelgate
