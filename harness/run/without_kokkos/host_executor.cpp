// Host executor of a build without Kokkos (KERNELGATE_KOKKOS=OFF): OpenMP threads compute the
// reference values, and no variant runs on them.
#include <fmt/format.h>
#include <omp.h>

#include "harness/run/host_environment.hpp"
#include "harness/run/session.hpp"

namespace kernelgate {

HostExecutor::HostExecutor(int threads) {
  check_host_environment();
  const int count = host_threads(threads);
  require_threads(count);
  require_team(count);
  omp_set_num_threads(count);
}

HostExecutor::~HostExecutor() = default;

std::string host_executor_text() {
  return fmt::format("left out of this build (KERNELGATE_KOKKOS=OFF); {} threads for the reference",
                     omp_get_max_threads());
}

bool host_executor_shares_memory() { return true; }

}  // namespace kernelgate
