// Looks at the surroundings of a run that kernels need: environment variables and threads. What is
// wrong there is the user's input; no kernel may be blamed for it.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace kernelgate {

/// Kokkos' OpenMP backend holds a table of so many threads and writes past its end for more.
constexpr int max_host_threads = 512;

/// Throws BadInput naming the variable, its value and what is expected, for variables that end the
/// process when Kokkos starts (KOKKOS_NUM_THREADS=x) and for numbers of threads that OpenMP
/// ignores. Call it before a process is forked.
void check_host_environment();

/// The first fault of the variables that `value_of` gives (null: not set).
std::optional<std::string> environment_fault(
    const std::function<const char*(const char*)>& value_of);

/// Threads that the host executor starts: `asked` where it is not 0; else what KOKKOS_NUM_THREADS
/// or OMP_NUM_THREADS say, and without them the processors that this process may use, at most
/// max_host_threads and OMP_THREAD_LIMIT.
int host_threads(int asked);

/// Starts so many threads, this one among them, and ends them again. Throws BadInput where the
/// system refuses one (ulimit -u, ulimit -v, pids.max): OpenMP ends the process then.
void require_threads(int count);

/// Turns off OpenMP's dynamic adjustment of teams and allows at least one active level, then starts
/// a team of `count` threads. Throws BadInput with the variable that limits the team if OpenMP
/// gives fewer: Kokkos would leave out the work of the missing threads.
void require_team(int count);

}  // namespace kernelgate
