// Detects where a measurement was made: a time without machine, compiler and commit is meaningless.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace kernelgate {

/// The machine and the build. Part of every record.
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

/// The instruction set that kernel code was compiled for, taken from `flags`.
struct KernelTarget {
  std::string arch;     // value of -march, "native" or "x86-64-v3"; empty if the flags have none
  std::string vectors;  // "AVX-512"; empty in older records, which lack it
};
KernelTarget kernel_target(const Environment& environment);

/// Distinguishes a build for another processor than the host's: ", kernels for x86-64-v3". Empty
/// for -march=native and for flags without a part for kernels.
std::string target_words(const Environment& environment);

/// Reads /proc, the system's release file and the build's constants. Never throws: unknown values
/// are "unknown". Call it after the number of threads was chosen (OMP_NUM_THREADS, --threads).
Environment detect_environment();

/// The processor's name in the text of /proc/cpuinfo; "unknown" when it has none.
std::string cpu_name(std::istream& cpuinfo);

}  // namespace kernelgate
