#include "harness/run/isolate.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

TEST(Isolate, GoesOnAfterACrashAndAHang) {
  std::vector<std::pair<JobOutcome::End, std::string>> ends;
  IsolatedJobs jobs;
  jobs.count = 5;
  jobs.time_limit_seconds = 2;
  jobs.run = [](std::int64_t i) -> std::string {
    if (i == 1) raise(SIGKILL);
    if (i == 2) _exit(7);
    if (i == 3) {
      for (;;) pause();
    }
    return "job " + std::to_string(i);
  };
  jobs.finish = [&](std::int64_t i, const JobOutcome& outcome) {
    EXPECT_EQ(i, static_cast<std::int64_t>(ends.size()));
    ends.emplace_back(outcome.end, outcome.text);
  };
  run_isolated(jobs);
  ASSERT_EQ(ends.size(), 5U);
  EXPECT_EQ(ends[0].second, "job 0");
  EXPECT_EQ(ends[1].first, JobOutcome::End::died);
  EXPECT_NE(ends[1].second.find("KILL"), std::string::npos) << ends[1].second;
  EXPECT_NE(ends[1].second.find("GB are free"), std::string::npos) << ends[1].second;
  EXPECT_EQ(ends[2].first, JobOutcome::End::died);
  EXPECT_NE(ends[2].second.find("code 7"), std::string::npos) << ends[2].second;
  EXPECT_EQ(ends[3].first, JobOutcome::End::timed_out);
  EXPECT_EQ(ends[4].second, "job 4");
}

/// The message that run_isolated() throws if its child cannot begin. No job may be reported.
std::string fault_of(std::function<void()> begin) {
  IsolatedJobs jobs;
  jobs.count = 2;
  jobs.time_limit_seconds = 2;
  jobs.begin = std::move(begin);
  jobs.run = [](std::int64_t) { return std::string("ran"); };
  jobs.finish = [](std::int64_t i, const JobOutcome&) { ADD_FAILURE() << "job " << i; };
  try {
    run_isolated(jobs);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Isolate, AChildThatCannotBeginIsNoFaultOfAJob) {
  EXPECT_EQ(fault_of([] { throw BadInput("KOKKOS_NUM_THREADS: got 'x'"); }),
            "KOKKOS_NUM_THREADS: got 'x'");
  EXPECT_NE(fault_of([] { raise(SIGKILL); }).find("did not start: its process was ended by KILL"),
            std::string::npos);
  EXPECT_NE(fault_of([] { _exit(1); }).find("did not start: its process left with code 1"),
            std::string::npos);
}

TEST(Isolate, AChildWithoutAResourceAtItsBeginningKeepsTheKindOfError) {
  IsolatedJobs jobs;
  jobs.count = 1;
  jobs.run = [](std::int64_t) { return std::string("ran"); };
  jobs.finish = [](std::int64_t, const JobOutcome&) { ADD_FAILURE(); };
  jobs.begin = [] { throw MissingResource("no memory for 1 GB"); };
  EXPECT_THROW(run_isolated(jobs), MissingResource);
  jobs.begin = [] { throw NoDevice("no CUDA device here"); };
  EXPECT_THROW(run_isolated(jobs), NoDevice);
}

/// Job 1 lacks memory, job 2 loses its device; every other job returns its process id.
TEST(Isolate, TellsAMissingResourceAndALostDeviceFromACrash) {
  std::vector<JobOutcome> outcomes;
  IsolatedJobs jobs;
  jobs.count = 4;
  jobs.time_limit_seconds = 60;
  jobs.run = [](std::int64_t i) -> std::string {
    if (i == 1) throw MissingResource("no memory for 1 GB");
    if (i == 2) throw DeviceLost("device nv-sm90 lost");
    return std::to_string(getpid());
  };
  jobs.finish = [&](std::int64_t, const JobOutcome& outcome) { outcomes.push_back(outcome); };
  run_isolated(jobs);
  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_EQ(outcomes[1].end, JobOutcome::End::unavailable);
  EXPECT_EQ(outcomes[1].text, "no memory for 1 GB");
  EXPECT_EQ(status_of(outcomes[1].end), Status::unsupported);
  EXPECT_EQ(outcomes[2].end, JobOutcome::End::died);
  EXPECT_EQ(outcomes[2].text, "device nv-sm90 lost");
  EXPECT_EQ(status_of(outcomes[2].end), Status::crashed);
  EXPECT_NE(outcomes[3].text, outcomes[0].text) << "the lost device must end its process";
}

TEST(Isolate, ReportsAMissingResourceOfThisProcessLikewise) {
  IsolatedJobs jobs;
  jobs.run = [](std::int64_t) -> std::string { throw MissingResource("no memory for 1 GB"); };
  EXPECT_EQ(run_here(jobs, 0).end, JobOutcome::End::unavailable);
  jobs.run = [](std::int64_t) -> std::string { throw DeviceLost("device nv-sm90 lost"); };
  EXPECT_THROW(run_here(jobs, 0), DeviceLost);
}

/// Jobs 0 to 11 in groups of three, in two processes; every job returns its process id.
TEST(Isolate, RunsGroupsSideBySideAndReportsInTheOrderOfTheJobs) {
  IsolatedJobs jobs;
  jobs.count = 12;
  jobs.children = 2;
  jobs.groups = {0, 3, 6, 9};
  jobs.time_limit_seconds = 60;
  jobs.run = [](std::int64_t i) {
    if (i == 0) usleep(300'000);  // the other child finishes its groups first
    return std::to_string(getpid());
  };
  std::vector<std::string> ran_by;
  jobs.finish = [&](std::int64_t i, const JobOutcome& outcome) {
    EXPECT_EQ(i, static_cast<std::int64_t>(ran_by.size()));
    ran_by.push_back(outcome.text);
  };
  run_isolated(jobs);
  ASSERT_EQ(ran_by.size(), 12U);
  for (std::size_t first : {0U, 3U, 6U, 9U}) {
    EXPECT_EQ(ran_by[first], ran_by[first + 1]);
    EXPECT_EQ(ran_by[first], ran_by[first + 2]);
  }
  EXPECT_EQ(std::set(ran_by.begin(), ran_by.end()).size(), 2U);
}

TEST(Isolate, GoesOnInAGroupBehindACrashBesideOtherChildren) {
  IsolatedJobs jobs;
  jobs.count = 40;
  jobs.children = 3;
  for (std::int64_t first = 0; first < 40; first += 5) jobs.groups.push_back(first);
  jobs.time_limit_seconds = 2;
  jobs.run = [](std::int64_t i) -> std::string {
    if (i % 5 == 1) _exit(7);
    if (i == 12) raise(SIGKILL);
    if (i == 23) {
      for (;;) pause();
    }
    return "job " + std::to_string(i);
  };
  std::int64_t next = 0;
  jobs.finish = [&](std::int64_t i, const JobOutcome& outcome) {
    EXPECT_EQ(i, next++);
    if (i % 5 == 1 || i == 12) {
      EXPECT_EQ(outcome.end, JobOutcome::End::died) << i;
    } else if (i == 23) {
      EXPECT_EQ(outcome.end, JobOutcome::End::timed_out);
    } else {
      EXPECT_EQ(outcome.text, "job " + std::to_string(i));
    }
  };
  run_isolated(jobs);
  EXPECT_EQ(next, 40);
}

/// Job 0 leaves a process behind that keeps the connection open, and is killed.
TEST(Isolate, ACrashIsACrashWhileAProcessThatItStartedLivesOn) {
  std::vector<std::pair<JobOutcome::End, std::string>> ends;
  IsolatedJobs jobs;
  jobs.count = 2;
  jobs.time_limit_seconds = 20;
  jobs.run = [](std::int64_t i) -> std::string {
    if (i == 0) {
      if (fork() == 0) {
        for (int standard = 0; standard < 3; ++standard) close(standard);  // shared with the test
        sleep(30);
        _exit(0);
      }
      raise(SIGKILL);
    }
    return "ran";
  };
  jobs.finish = [&](std::int64_t, const JobOutcome& outcome) {
    ends.emplace_back(outcome.end, outcome.text);
  };
  run_isolated(jobs);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0].first, JobOutcome::End::died);
  EXPECT_NE(ends[0].second.find("ended by KILL"), std::string::npos) << ends[0].second;
  EXPECT_EQ(ends[1].second, "ran");
}

/// The outcomes of three jobs, of which job 1 applies `touch` to the descriptors 3 to 99.
std::vector<std::pair<JobOutcome::End, std::string>> ends_with_descriptors(
    const std::function<void(int)>& touch) {
  std::vector<std::pair<JobOutcome::End, std::string>> ends;
  IsolatedJobs jobs;
  jobs.count = 3;
  jobs.time_limit_seconds = 2;
  jobs.run = [&](std::int64_t i) -> std::string {
    for (int descriptor = 3; i == 1 && descriptor < 100; ++descriptor) touch(descriptor);
    return "job " + std::to_string(i);
  };
  jobs.finish = [&](std::int64_t, const JobOutcome& outcome) {
    ends.emplace_back(outcome.end, outcome.text);
  };
  run_isolated(jobs);
  return ends;
}

TEST(Isolate, BytesOfAnotherWriterAreACrashOfTheirJob) {
  char file_name[] = "/tmp/isolate_test_XXXXXX";
  const int file = mkstemp(file_name);
  ASSERT_GE(file, 0);
  unlink(file_name);
  // Read as a header, zeros mean job 0 without text, and 0x7f a text of 9 EB.
  for (const char byte : {'\0', '\x7f'}) {
    const std::string bytes(64, byte);
    const auto ends = ends_with_descriptors([&](int descriptor) {
      if (write(descriptor, bytes.data(), bytes.size()) < 0) errno = 0;  // most are not open
    });
    ASSERT_EQ(ends.size(), 3U);
    EXPECT_EQ(ends[0].second, "job 0");
    EXPECT_EQ(ends[1].first, JobOutcome::End::died);
    EXPECT_NE(ends[1].second.find("wrote to a descriptor"), std::string::npos) << ends[1].second;
    EXPECT_EQ(ends[2].second, "job 2");
  }
  EXPECT_EQ(lseek(file, 0, SEEK_END), 0) << "a job wrote to a file of the parent";
  close(file);
}

TEST(Isolate, AJobThatClosesTheConnectionAndHangsIsTimedOut) {
  const auto ends = ends_with_descriptors([](int descriptor) {
    close(descriptor);
    if (descriptor < 99) return;
    for (;;) pause();
  });
  ASSERT_EQ(ends.size(), 3U);
  EXPECT_EQ(ends[1].first, JobOutcome::End::timed_out);
  EXPECT_EQ(ends[2].second, "job 2");
}

TEST(Isolate, CarriesLongTextsWhole) {
  std::string got;
  IsolatedJobs jobs;
  jobs.count = 1;
  jobs.run = [](std::int64_t) { return std::string(1 << 20, 'x'); };
  jobs.finish = [&](std::int64_t, const JobOutcome& outcome) { got = outcome.text; };
  run_isolated(jobs);
  EXPECT_EQ(got, std::string(1 << 20, 'x'));
}

}  // namespace
}  // namespace kernelgate
