#include "harness/core/process.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "harness/core/error.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

TEST(Process, KeepsBothOutputsAndTheExitCode) {
  const ProcessEnd end = run_process({.words = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
  EXPECT_EQ(end.output, "out\n");
  EXPECT_EQ(end.errors, "err\n");
  EXPECT_EQ(end.describe(), "exit code 3");
  EXPECT_FALSE(end.well());
}

TEST(Process, TakesMoreOutputThanAPipeHolds) {
  const ProcessEnd end = run_process(
      {.words = {"sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"}});
  EXPECT_EQ(end.output.size(), 300000U);
  EXPECT_EQ(end.errors.size(), 300000U);
  EXPECT_TRUE(end.well());
}

TEST(Process, IsKilledWithItsChildrenAtTheLimit) {
  const synthetic::Folder folder;
  const std::string file = folder / "late";
  const ProcessEnd end =
      run_process({.words = {"sh", "-c", "(sleep 3; echo late > " + file + ") & sleep 600"},
                   .time_limit_seconds = 0.3});
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.describe(), "over the time limit of 0.3 s");
  // The whole process group is gone, so nothing can write the file.
  EXPECT_NE(::access(file.c_str(), F_OK), 0);
}

TEST(Process, HasEndedWhileAProcessThatItStartedHoldsItsOutputs) {
  const ProcessEnd end = run_process(
      {.words = {"sh", "-c", "sleep 30 & echo out; kill -SEGV $$"}, .time_limit_seconds = 20});
  EXPECT_FALSE(end.timed_out);
  EXPECT_EQ(end.describe(), "ended by SEGV");
  EXPECT_EQ(end.output, "out\n");
}

TEST(Process, SaysTheSignalAndWhatCouldNotBeStarted) {
  EXPECT_EQ(run_process({.words = {"sh", "-c", "kill -SEGV $$"}}).describe(), "ended by SEGV");
  const ProcessEnd end = run_process({.words = {"/nowhere/kernelgate", "list"}});
  EXPECT_EQ(end.exit_code, 127);
  EXPECT_EQ(end.errors, "/nowhere/kernelgate: No such file or directory\n");
}

TEST(Process, WritesToALogWhenToldTo) {
  const synthetic::Folder folder;
  for (const char* word : {"one", "two"})
    run_process({{"echo", word}, ProcessOutput::log_end, folder / "log"});
  EXPECT_EQ(synthetic::read_all(folder / "log"), "one\ntwo\n");
  run_process({{"echo", "three"}, ProcessOutput::new_log, folder / "log"});
  EXPECT_EQ(synthetic::read_all(folder / "log"), "three\n");
}

// Runs in a separate process with descriptors 0 to 2 closed.
TEST(Process, TellsOutputFromErrorsWhereStandardStreamsAreClosed) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (const int closed : {0, 1, 2}) ::close(closed);
    const ProcessEnd end = run_process(
        {.words = {"sh", "-c", "read -r line; echo out; echo err >&2"}, .time_limit_seconds = 60});
    ::_exit(end.output == "out\n" && end.errors == "err\n" ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(Process, NamesALogThatCannotBeWritten) {
  const synthetic::Folder folder;
  const std::string log = (folder / "no/log").string();
  try {
    run_process({{"echo", "lost"}, ProcessOutput::new_log, log});
    FAIL() << "expected BadInput";
  } catch (const BadInput& error) {
    EXPECT_EQ(error.what(), log + ": cannot write: No such file or directory");
  }
}

}  // namespace
}  // namespace kernelgate
