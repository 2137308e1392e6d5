// Checks of environment variables and threads before a run. Faults there are reported as bad input,
// never as a kernel's failure.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace kernelgate {

/// Size of the thread table of Kokkos' OpenMP backend, which writes past its end for more threads.
constexpr int max_host_threads = 512;

/// Throws BadInput with the variable, its value and the expected form, for variables that end the
/// process when Kokkos starts (KOKKOS_NUM_THREADS=x) and for thread counts that OpenMP ignores.
/// Call it before a process is forked.
void check_host_environment();

/// The first fault among the variables, whose values `value_of` returns (null: not set).
std::optional<std::string> environment_fault(
    const std::function<const char*(const char*)>& value_of);

/// Threads that the host executor starts: `asked` unless it is 0, else KOKKOS_NUM_THREADS or
/// OMP_NUM_THREADS, else the processors that this process may use, at most max_host_threads and
/// OMP_THREAD_LIMIT.
int host_threads(int asked);

/// Starts `count` threads, including this one, and ends them. Throws BadInput if the system refuses
/// one (ulimit -u, ulimit -v, pids.max), because OpenMP would end the process.
void require_threads(int count);

/// Turns off OpenMP's dynamic adjustment of teams and allows at least one active level, then starts
/// a team of `count` threads. Throws BadInput with the variable that limits the team if OpenMP
/// gives fewer: Kokkos would leave out the work of the missing threads.
void require_team(int count);

}  // namespace kernelgate
