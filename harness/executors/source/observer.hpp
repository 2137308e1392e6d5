// What the entry points of a checked unit look at first.
#pragma once

#include "harness/executors/source/runtime.hpp"

namespace kernelgate {

/// Of the thread of the host that runs a launch. Kernels run nowhere else, and everything that
/// reports an access elsewhere finds no actor here and returns.
extern constinit thread_local Observer observer [[gnu::tls_model("initial-exec")]];

}  // namespace kernelgate
