// What the entry points of a checked unit look at first.
#pragma once

#include <cstdint>

#include "harness/executors/source/runtime.hpp"

namespace kernelgate {

/// What the entry points of a checked kernel unit need at every access; all zero outside of one.
struct Observer {
  Checker* checker = nullptr;
  Actor* actor = nullptr;  // null: nothing is observed
  std::uintptr_t base = 0;
  std::uint64_t capacity = 0;
  std::int64_t countdown = 0;  // accesses until event()
  std::uint64_t* canary = nullptr;
};

/// Of the thread of the host that runs a launch. Kernels run nowhere else, and everything that
/// reports an access elsewhere finds no actor here and returns.
extern constinit thread_local Observer observer [[gnu::tls_model("initial-exec")]];

}  // namespace kernelgate
