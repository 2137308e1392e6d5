// The forward pass of `forward --backend X` on kernels, and the comparison of --compare.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "harness/core/error.hpp"
#include "harness/model/forward_dump.hpp"
#include "harness/model/kernel_session.hpp"

namespace kernelgate {

/// Options of a forward pass on kernels.
struct KernelForward {
  std::int64_t chunk = 0;  // tokens per call; 0: all
  bool dump_all = false;
  bool compare = false;
  bool check_finite = false;
  std::uint64_t seed = 0;  // which elements of large operations are judged
};

/// Outcome of a forward pass on kernels.
struct KernelForwardResult {
  std::string argmax;               // " 3 17 …"
  ExitCode exit = ExitCode::clean;  // incorrect: see docs/forward.md
};

/// Runs the pass, collects its tensors in `dump`, and prints the comparison if requested.
KernelForwardResult run_kernel_forward(KernelSession& session, const ModelSource& source,
                                       std::span<const std::int32_t> ids,
                                       const KernelForward& options, ForwardDump& dump);

}  // namespace kernelgate
