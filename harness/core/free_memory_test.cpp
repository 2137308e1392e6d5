// Tests limits of control groups on folders with hand-written files in place of /proc and /sys.
#include "harness/core/free_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "harness/core/control_groups.hpp"
#include "harness/core/error.hpp"
#include "harness/core/processors.hpp"
#include "harness/core/synthetic_folder.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t mb = 1'000'000;

/// A system with 8 GB free and the groups that a test writes.
class Machine {
 public:
  Machine() { write("proc/meminfo", "MemTotal:  16000000 kB\nMemAvailable:  8000000 kB\n"); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  /// A group of version 2 at this path; "/" is the root.
  void group2(const std::string& path, const std::string& limit, std::int64_t usage,
              std::int64_t inactive = 0, std::int64_t active = 0) const {
    const std::string at = "sys/fs/cgroup" + path + "/";
    write(at + "memory.max", limit + "\n");
    write(at + "memory.current", std::to_string(usage) + "\n");
    write(at + "memory.stat", "anon 1\nfile 2\ninactive_anon 3\ninactive_file " +
                                  std::to_string(inactive) + "\nactive_file " +
                                  std::to_string(active) + "\nslab 5\n");
  }
  void in_version_2(const std::string& path) const {
    write("proc/self/cgroup", "0::" + path + "\n");
    write("proc/self/mountinfo",
          "22 1 0:20 / /proc rw - proc proc rw\n"
          "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
  }
  FreeMemory free() const { return free_memory_below(folder_.path()); }
  std::int64_t quota() const { return processor_quota_below(folder_.path()); }

 private:
  synthetic::Folder folder_;
};

TEST(FreeMemory, IsTheMachinesOwnWithoutALimit) {
  const Machine machine;
  EXPECT_EQ(machine.free().bytes, 8'000'000LL * 1024);
  EXPECT_EQ(machine.free().describe(), "8.19 GB are free");
  machine.in_version_2("/user");
  machine.group2("/user", "max", 5000 * mb);
  EXPECT_EQ(machine.free().bytes, 8'000'000LL * 1024);
}

TEST(FreeMemory, IsWhatAGroupOfVersion2LeavesWithItsPageCacheCountedAsFree) {
  const Machine machine;
  machine.in_version_2("/user");
  machine.group2("/user", "400000000", 350 * mb, 200 * mb, 50 * mb);
  // 400 - (350 - 200 - 50) MB
  EXPECT_EQ(machine.free().bytes, 300 * mb);
  EXPECT_EQ(machine.free().describe(),
            "0.30 GB are free within the limit of /sys/fs/cgroup/user/memory.max");
}

TEST(FreeMemory, HoldsToTheNarrowestOfNestedGroups) {
  const Machine machine;
  machine.in_version_2("/pod/user");
  machine.group2("/pod/user", "600000000", 100 * mb);
  machine.group2("/pod", "700000000", 450 * mb);  // a sibling of /pod/user takes 350 MB
  machine.group2("/", "max", 450 * mb);
  EXPECT_EQ(machine.free().bytes, 250 * mb);
  EXPECT_EQ(machine.free().limited_by, "/sys/fs/cgroup/pod/memory.max");
}

TEST(FreeMemory, HoldsToTheLimitThatSlowsAGroupDown) {
  const Machine machine;
  machine.in_version_2("/user");
  machine.group2("/user", "900000000", 100 * mb);
  machine.write("sys/fs/cgroup/user/memory.high", "500000000\n");
  EXPECT_EQ(machine.free().bytes, 400 * mb);
  machine.write("sys/fs/cgroup/user/memory.high", "max\n");
  EXPECT_EQ(machine.free().bytes, 800 * mb);
}

TEST(FreeMemory, ReadsVersion1InAContainerThatSeesTheHostsPath) {
  const Machine machine;
  machine.write("proc/self/cgroup",
                "12:pids:/docker/abc\n4:memory:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n");
  machine.write("proc/self/mountinfo",
                "31 30 0:27 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n"
                "32 30 0:28 /docker/abc /sys/fs/cgroup/memory ro master:9 - cgroup cgroup "
                "rw,memory\n");
  const std::string at = "sys/fs/cgroup/memory/";
  machine.write(at + "memory.limit_in_bytes", "400000000\n");
  machine.write(at + "memory.usage_in_bytes", "390000000\n");
  machine.write(at + "memory.stat",
                "inactive_file 1\nactive_file 1\ntotal_inactive_file 60000000\n"
                "total_active_file 30000000\n");
  EXPECT_EQ(machine.free().bytes, 100 * mb);
  EXPECT_EQ(machine.free().limited_by, "/sys/fs/cgroup/memory/memory.limit_in_bytes");
  machine.write(at + "memory.limit_in_bytes", "9223372036854771712\n");  // none
  EXPECT_EQ(machine.free().bytes, 8'000'000LL * 1024);
}

TEST(FreeMemory, IsNotBelowZeroInAGroupThatIsFull) {
  const Machine machine;
  machine.in_version_2("/user");
  machine.group2("/user", "400000000", 500 * mb);
  EXPECT_EQ(machine.free().bytes, 0);
}

TEST(FreeMemory, IsNotLimitedByTextThatDoesNotParse) {
  const Machine machine;
  machine.in_version_2("/user");
  for (const char* limit : {"", "x", "-5", "99999999999999999999", "\n\n"}) {
    machine.group2("/user", limit, 1);
    EXPECT_EQ(machine.free().bytes, 8'000'000LL * 1024) << limit;
  }
  machine.group2("/user", "400000000", 100 * mb);
  machine.write("sys/fs/cgroup/user/memory.stat", "inactive_file\nactive_file x\ninactive_file 9");
  EXPECT_EQ(machine.free().bytes, 300 * mb + 9);
  for (const char* groups : {"", ":", "0:", "0::", "::::", "0::user", "\n\n0", "4:memory"}) {
    machine.write("proc/self/cgroup", groups);
    EXPECT_EQ(machine.free().bytes, 8'000'000LL * 1024) << groups;
  }
  machine.write("proc/self/cgroup", "0::/user\n");
  for (const char* mounts : {"", "30", "30 23 0:26 / /sys/fs/cgroup rw", " - cgroup2 x rw\n",
                             "30 23 0:26 / /sys\\04 rw - cgroup2 c rw", "- - - - - - - cgroup2"}) {
    machine.write("proc/self/mountinfo", mounts);
    EXPECT_EQ(machine.free().bytes, 8'000'000LL * 1024) << mounts;
  }
}

TEST(FreeMemory, OfThisMachineIsANumberAboveZero) {
  EXPECT_GT(free_memory().bytes, 0);
  EXPECT_EQ(memory_shortage(1), std::nullopt);
  EXPECT_NO_THROW(require_memory(1, "a byte"));
  try {
    require_memory(std::numeric_limits<std::int64_t>::max(), "a model", "expected less");
    ADD_FAILURE() << "9.2e18 bytes were admitted";
  } catch (const MissingResource& error) {
    EXPECT_THAT(error.what(), HasSubstr("a model: needs 9223372036.85 GB, "));
    EXPECT_THAT(error.what(), HasSubstr(" GB are free"));
    EXPECT_THAT(error.what(), HasSubstr("; expected less"));
  }
}

TEST(ControlGroups, ReachFromTheProcessToTheRoot) {
  const std::string mounts =
      "30 23 0:26 / /my\\040groups rw - cgroup2 cgroup2 rw\n"
      "31 23 0:27 / /v1 rw - cgroup cgroup rw,cpu,cpuacct\n";
  EXPECT_THAT(control_groups("0::/a/b\n", mounts, "memory"),
              ElementsAre(ControlGroup{"/my groups/a/b", 2}, ControlGroup{"/my groups/a", 2},
                          ControlGroup{"/my groups", 2}));
  EXPECT_THAT(control_groups("3:cpu,cpuacct:/a\n", mounts, "cpu"),
              ElementsAre(ControlGroup{"/v1/a", 1}, ControlGroup{"/v1", 1}));
  EXPECT_THAT(control_groups("3:cpuacct:/a\n", mounts, "cpu"), ElementsAre());
  // A path outside the mounted part: the mount's own group limits.
  EXPECT_THAT(control_groups("0::/../other\n", mounts, "memory"),
              ElementsAre(ControlGroup{"/my groups", 2}));
}

TEST(Processors, TheQuotaOfAGroupIsRoundedUp) {
  const Machine machine;
  machine.in_version_2("/pod/user");
  EXPECT_EQ(machine.quota(), 0);
  machine.write("sys/fs/cgroup/pod/cpu.max", "max 100000\n");
  EXPECT_EQ(machine.quota(), 0);
  machine.write("sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
  EXPECT_EQ(machine.quota(), 2);
  machine.write("sys/fs/cgroup/pod/user/cpu.max", "50000 100000\n");
  EXPECT_EQ(machine.quota(), 1);
  for (const char* text : {"", "0 100000", "5", "5 0", "x 100000"}) {
    machine.write("sys/fs/cgroup/pod/user/cpu.max", text);
    EXPECT_EQ(machine.quota(), 2) << text;
  }
}

TEST(Processors, TheQuotaOfVersion1IsRead) {
  const Machine machine;
  machine.write("proc/self/cgroup", "2:cpu,cpuacct:/\n");
  machine.write("proc/self/mountinfo", "31 23 0:27 / /v1 rw - cgroup cgroup rw,cpu,cpuacct\n");
  machine.write("v1/cpu.cfs_quota_us", "-1\n");
  machine.write("v1/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(machine.quota(), 0);
  machine.write("v1/cpu.cfs_quota_us", "400000\n");
  EXPECT_EQ(machine.quota(), 4);
  EXPECT_GE(usable_processors(), 1);
}

}  // namespace
}  // namespace kernelgate
