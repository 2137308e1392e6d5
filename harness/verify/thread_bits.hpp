// For a kernel folder's tests: compares the bits of runs with different numbers of threads. Kokkos
// starts its threads once per process, so the test program runs itself again and compares the
// output.
#pragma once

#include <fmt/format.h>
#include <unistd.h>
#include <Kokkos_Core.hpp>

#include <climits>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "harness/core/registry.hpp"
#include "harness/verify/run_bits.hpp"

namespace kernelgate {

/// One hash of the contents of all tensors after a run of "kernel/variant/axes" on real data.
inline std::uint64_t bits_of_run(std::string_view id, std::uint64_t seed = 1) {
  Registry registry;
  register_kernels(registry);
  const Registry::Found found = registry.find_case(id);
  if (found.variant == nullptr) throw BadInput("the id names no variant: " + std::string(id));
  return joined(bits_of_run({found.variant}, *found.shape, DataMode::real, seed));
}

/// Prints the lines that printed_with_threads() looks for.
inline void print_bits(std::string_view id) {
  fmt::print("threads {}\nbits {:016x} {}\n", Kokkos::DefaultHostExecutionSpace().concurrency(),
             bits_of_run(id), id);
  std::fflush(stdout);
}

/// All lines of bits that this program's test `name` prints with `threads` threads.
inline std::string printed_with_threads(std::string_view name, int threads) {
  char path[PATH_MAX] = {};
  if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0) return "no path to this program";
  const std::string command =
      fmt::format("'{}' --gtest_filter={} --kokkos-num-threads={} 2>&1", path, name, threads);
  const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), pclose);
  if (output == nullptr) return "cannot run " + command;
  const std::string wanted = fmt::format("threads {}\n", threads);
  std::string lines;
  char line[1024];
  while (std::fgets(line, sizeof(line), output.get()) != nullptr) {
    const std::string_view text = line;
    if (text.starts_with("threads ") && text != wanted) return "ran with " + std::string(text);
    if (text.starts_with("bits ")) lines += text;
  }
  return lines;
}

}  // namespace kernelgate
