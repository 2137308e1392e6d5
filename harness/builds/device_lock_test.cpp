#include "harness/builds/device_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "harness/core/error.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

using ::testing::HasSubstr;

const auto nobody = [](const std::string& words) { FAIL() << words; };

// A process takes the lock, writes a byte, and keeps the lock until its end of a pipe closes.
TEST(DeviceLock, WaitsForAnotherProcessAndSaysSo) {
  const synthetic::Folder folder;
  int ready[2], hold[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(hold), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(hold[1]);
    const DeviceLock lock(folder / "lock", [](const std::string&) {});
    char byte = 0;
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::_exit(::read(hold[0], &byte, 1) == 0 ? 0 : 1);
  }
  ::close(hold[0]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  std::string said;
  {
    const DeviceLock lock(folder / "lock", [&](const std::string& words) {
      said = words;
      ::close(hold[1]);  // ends the holder and releases its lock
    });
  }
  EXPECT_THAT(said, HasSubstr("process " + std::to_string(child) + " holds"));
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(DeviceLock, IsFreeAgainWhenItsObjectIsGone) {
  const synthetic::Folder folder;
  for (int i = 0; i < 3; ++i) const DeviceLock lock(folder / "lock", nobody);
}

TEST(DeviceLock, NamesAFolderThatItCannotUse) {
  const synthetic::Folder folder;
  try {
    const DeviceLock lock(folder / "no/lock", nobody);
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("no/lock': No such file or directory ($KERNELGATE_LOCKS"));
  }
}

TEST(DeviceLock, HasOneFileADevice) {
  ASSERT_EQ(::setenv("KERNELGATE_LOCKS", "/some/where", 1), 0);
  EXPECT_EQ(device_lock_file("cpu"), "/some/where/kernelgate-cpu.lock");
  EXPECT_NE(device_lock_file("cuda"), device_lock_file("hip"));
  ::unsetenv("KERNELGATE_LOCKS");
}

}  // namespace
}  // namespace kernelgate
