// Where a figure was made: a time without its machine, compiler and commit says nothing.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace kernelgate {

/// The machine and the build. Every record carries one.
struct Environment {
  std::string cpu;           // "AMD EPYC 9654 96-Core Processor"
  std::int64_t cores = 0;    // processors that this process may run on
  std::int64_t threads = 0;  // that a parallel loop uses
  std::string os;            // "Debian GNU/Linux 12 (bookworm), Linux 6.1.0 x86_64"
  std::string compiler;      // "GNU 12.2.0"
  std::string flags;   // of harness code, of kernel code, widest vectors; no path of this machine
  std::string commit;  // git describe --always --dirty at build time, or "unknown"
  std::string kokkos;  // "5.2.2 (OPENMP)"
  std::string build_type;
  std::string host;  // a name for the machine, only when the user gives one; else empty

  bool operator==(const Environment&) const = default;
};

/// The instructions that kernel code was compiled for, as `flags` states them.
struct KernelTarget {
  std::string arch;     // value of -march, "native" or "x86-64-v3"; empty: the flags have none
  std::string vectors;  // "AVX-512"; empty in records from before it was written down
};
KernelTarget kernel_target(const Environment& environment);

/// Distinguishes a build from one for the processor that it ran on: ", kernels for x86-64-v3";
/// empty for -march=native and for flags that name no kernels.
std::string target_words(const Environment& environment);

/// Looks at /proc, the system's release file and what the build wrote down. Never throws: what
/// cannot be found out is "unknown". Ask after threads were chosen (OMP_NUM_THREADS, --threads).
Environment detect_environment();

/// The processor's name in the text of /proc/cpuinfo; "unknown" when it has none.
std::string cpu_name(std::istream& cpuinfo);

}  // namespace kernelgate
