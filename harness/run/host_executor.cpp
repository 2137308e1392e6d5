#include <fmt/format.h>

#include <Kokkos_Core.hpp>

#include "harness/run/host_environment.hpp"
#include "harness/run/session.hpp"

namespace kernelgate {

#ifdef KOKKOS_ENABLE_OPENMP
static_assert(max_host_threads <= Kokkos::Impl::OpenMPTraits::MAX_THREAD_COUNT);
#endif

HostExecutor::HostExecutor(int threads) {
  check_host_environment();
  const int count = host_threads(threads);
  require_threads(count);
  require_team(count);
  Kokkos::InitializationSettings settings;
  settings.set_disable_warnings(true);  // about OMP_PROC_BIND: the user's choice
  settings.set_num_threads(count);
  Kokkos::initialize(settings);
}

HostExecutor::~HostExecutor() { Kokkos::finalize(); }

std::string host_executor_text() {
  using Space = Kokkos::DefaultExecutionSpace;
  return fmt::format("Kokkos {}.{}.{}, {}, {} threads", KOKKOS_VERSION / 10000,
                     KOKKOS_VERSION / 100 % 100, KOKKOS_VERSION % 100, Space::name(),
                     Space().concurrency());
}

bool host_executor_shares_memory() {
  using Memory = Kokkos::DefaultExecutionSpace::memory_space;
  return Kokkos::SpaceAccessibility<Kokkos::DefaultHostExecutionSpace, Memory>::accessible;
}

}  // namespace kernelgate
