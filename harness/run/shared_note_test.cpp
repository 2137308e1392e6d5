#include "harness/run/shared_note.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/run/isolate.hpp"

namespace kernelgate {
namespace {

TEST(SharedNote, KeepsTheLastTextOfAProcessThatDied) {
  SharedNote note;
  EXPECT_EQ(note.read(), "");
  IsolatedJobs jobs;
  jobs.count = 1;
  jobs.run = [&](std::int64_t) -> std::string {
    note.write("timed kokkos and others");
    note.write("checked kokkos/cpu");
    _exit(1);
  };
  jobs.finish = [&](std::int64_t, const JobOutcome& outcome) {
    EXPECT_EQ(outcome.end, JobOutcome::End::died);
    EXPECT_EQ(note.read(), "checked kokkos/cpu");
  };
  run_isolated(jobs);
}

TEST(SharedNote, CutsALongText) {
  SharedNote note;
  note.write(std::string(SharedNote::max_bytes + 1, 'x'));
  EXPECT_EQ(note.read().size(), SharedNote::max_bytes);
}

}  // namespace
}  // namespace kernelgate
