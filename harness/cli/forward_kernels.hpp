// The forward pass of `forward --backend X` on kernels, and what --compare says of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "harness/cli/forward_dump.hpp"
#include "harness/cli/kernel_session.hpp"
#include "harness/core/error.hpp"

namespace kernelgate {

struct KernelForward {
  std::int64_t chunk = 0;  // tokens fed at once; 0: all
  bool dump_all = false;
  bool compare = false;
  bool check_finite = false;
  std::uint64_t seed = 0;  // which elements of large operations are judged
};

struct KernelForwardResult {
  std::string argmax;               // " 3 17 …"
  ExitCode exit = ExitCode::clean;  // incorrect: see docs/forward.md
};

/// Prints the comparison where it was asked for.
KernelForwardResult run_kernel_forward(KernelSession& session, const ModelSource& source,
                                       std::span<const std::int32_t> ids,
                                       const KernelForward& options, ForwardDump& dump);

}  // namespace kernelgate
