// Prints one line per variant and case: a hash of everything the kernel wrote. The lines must be
// the same under different thread counts. Kokkos takes its thread count once per process, hence a
// program and not a test case.
// Usage: output_fingerprints THREADS SUITE…
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "harness/run/session.hpp"
#include "harness/suites/suite.hpp"
#include "harness/verify/run_bits.hpp"

namespace kernelgate {
namespace {

int print_all(int threads, const std::vector<std::string>& suites) {
  Session session;
  const HostExecutor executor(threads);
  int lines = 0;
  for (const std::string& suite : suites) {
    for (const SuiteCase& c : load_suite(session.registry(), data_root(), suite)) {
      for (const Variant* variant : c.variants) {
        // Only this project's kernels: a vendor's library may split its sums by threads.
        if (variant->backend != Backend::kokkos || variant->name.starts_with("baseline/")) continue;
        if (variant->unsupported_reason && variant->unsupported_reason(*c.shape, nullptr)) continue;
        fmt::print("{}/{}/{} {:016x}\n", c.kernel->name, variant->name, c.shape->axes(),
                   joined(bits_of_run({variant}, *c.shape, DataMode::real)));
        ++lines;
      }
    }
  }
  return lines > 0 ? 0 : 5;
}

}  // namespace
}  // namespace kernelgate

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: {} THREADS SUITE…\n", argv[0]);
    return 2;
  }
  const long threads = std::strtol(argv[1], nullptr, 10);
  if (threads < 1 || threads > 4096) {
    fmt::print(stderr, "{}: threads: got '{}', expected 1 to 4096\n", argv[0], argv[1]);
    return 2;
  }
  return kernelgate::print_all(static_cast<int>(threads), {argv + 2, argv + argc});
}
