#include "harness/run/host_environment.hpp"

#include <gtest/gtest.h>
#include <omp.h>
#include <pthread.h>

#include <cstddef>
#include <string>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

std::string fault_of(const std::string& variable, const char* value) {
  return environment_fault([&](const char* name) { return name == variable ? value : nullptr; })
      .value_or("none");
}

TEST(HostEnvironment, AVariableThatEndsKokkosIsNamedWithItsValue) {
  EXPECT_EQ(fault_of("KOKKOS_NUM_THREADS", "x"),
            "environment variable KOKKOS_NUM_THREADS: expected a whole number from 1 to 512, got "
            "'x'");
  for (const char* value : {"", "0", "-1", "2.5", "4x", "513", "99999999999999999999"}) {
    EXPECT_NE(fault_of("KOKKOS_NUM_THREADS", value), "none") << value;
  }
  EXPECT_NE(fault_of("KOKKOS_DEVICE_ID", "-1"), "none");
  EXPECT_NE(fault_of("KOKKOS_VISIBLE_DEVICES", "0,x"), "none");
  EXPECT_NE(fault_of("KOKKOS_DISABLE_WARNINGS", "on"), "none");
  EXPECT_NE(fault_of("KOKKOS_PRINT_CONFIGURATION", ""), "none");
  EXPECT_NE(fault_of("KOKKOS_TUNE_INTERNALS", "2"), "none");
  EXPECT_NE(fault_of("KOKKOS_MAP_DEVICE_ID_BY", "rank"), "none");
}

TEST(HostEnvironment, ANumberOfThreadsThatOpenMpIgnoresIsNamed) {
  for (const char* value : {"x", "0", "-2", "4,", "4,x", "1e3", "513", "4,513", ""}) {
    EXPECT_NE(fault_of("OMP_NUM_THREADS", value), "none") << value;
  }
  EXPECT_NE(fault_of("OMP_THREAD_LIMIT", "many"), "none");
  EXPECT_EQ(fault_of("OMP_DYNAMIC", "1"),
            "environment variable OMP_DYNAMIC: expected true or false, got '1'");
  EXPECT_NE(fault_of("OMP_NESTED", "on"), "none");
  EXPECT_NE(fault_of("OMP_MAX_ACTIVE_LEVELS", "-1"), "none");
}

TEST(HostEnvironment, AStackThatNoThreadGetsIsNamed) {
  for (const char* value : {"x", "", "8X", "M", "-1", "2G", "1048577", "100000G"}) {
    EXPECT_EQ(fault_of("OMP_STACKSIZE", value),
              std::string("environment variable OMP_STACKSIZE: expected a size up to 1G, such as "
                          "8M, got '") +
                  value + "'");
  }
  for (const char* value : {"8M", "8m", "8192", "16384 K", "1G", "65536B", "1048576"}) {
    EXPECT_EQ(fault_of("OMP_STACKSIZE", value), "none") << value;
    EXPECT_EQ(fault_of("GOMP_STACKSIZE", value), "none") << value;
  }
}

TEST(HostEnvironment, RightValuesAreTaken) {
  EXPECT_EQ(fault_of("KOKKOS_NUM_THREADS", "4"), "none");
  EXPECT_EQ(fault_of("KOKKOS_DEVICE_ID", "0"), "none");
  EXPECT_EQ(fault_of("KOKKOS_VISIBLE_DEVICES", "0,1"), "none");
  EXPECT_EQ(fault_of("KOKKOS_DISABLE_WARNINGS", "TRUE"), "none");
  EXPECT_EQ(fault_of("KOKKOS_MAP_DEVICE_ID_BY", "mpi_rank"), "none");
  EXPECT_EQ(fault_of("OMP_NUM_THREADS", "4"), "none");
  EXPECT_EQ(fault_of("KOKKOS_NUM_THREADS", "512"), "none");
  EXPECT_EQ(fault_of("OMP_DYNAMIC", "TRUE"), "none");
  EXPECT_EQ(fault_of("OMP_NESTED", "false"), "none");
  EXPECT_EQ(fault_of("OMP_MAX_ACTIVE_LEVELS", "0"), "none");
  EXPECT_EQ(fault_of("OMP_NUM_THREADS", " 4 , 2"), "none");
  EXPECT_EQ(fault_of("PATH", "x"), "none");
}

/// Sets stacks of 64 TiB for new threads; no address space fits two of them.
class ImpossibleStacks {
 public:
  ImpossibleStacks() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 46);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~ImpossibleStacks() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  ImpossibleStacks(const ImpossibleStacks&) = delete;
  ImpossibleStacks& operator=(const ImpossibleStacks&) = delete;

 private:
  pthread_attr_t before_;
};

TEST(HostEnvironment, ThreadsThatTheSystemRefusesAreNamed) {
  EXPECT_NO_THROW(require_threads(3));
  const ImpossibleStacks stacks;
  EXPECT_NO_THROW(require_threads(1));  // no other thread is needed
  try {
    require_threads(4);
    ADD_FAILURE() << "four threads were started";
  } catch (const MissingResource& error) {
    EXPECT_EQ(std::string(error.what()).find("cannot start 4 threads, the system rejected thread"),
              0U)
        << error.what();
  }
}

/// Starts from OpenMP settings that limit teams to one thread.
TEST(HostEnvironment, ATeamHasAllItsThreadsWhateverOpenMpWasToldBefore) {
  const auto team = [] {
    int threads = 0;
#pragma omp parallel num_threads(3) reduction(+ : threads)
    ++threads;
    return threads;
  };
  omp_set_dynamic(1);
  omp_set_max_active_levels(0);
  EXPECT_EQ(team(), 1);
  require_team(3);
  EXPECT_EQ(omp_get_dynamic(), 0);
  EXPECT_EQ(team(), 3);
}

}  // namespace
}  // namespace kernelgate
