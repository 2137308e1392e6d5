// The per-thread state that the entry points of a checked unit read first.
#pragma once

#include <cstdint>

#include "harness/checker/checker.hpp"

namespace kernelgate {

/// State needed by the entry points of a checked kernel unit at every access; all zero outside a
/// kernel.
struct Observer {
  Checker* checker = nullptr;
  Actor* actor = nullptr;  // null: not observed
  std::uintptr_t base = 0;
  std::uint64_t capacity = 0;
  std::int64_t countdown = 0;  // accesses until event()
  std::uint64_t* canary = nullptr;
};

/// Belongs to the host thread that runs a launch. Kernels run only there, so an access reported
/// elsewhere finds no actor and is ignored.
extern constinit thread_local Observer observer [[gnu::tls_model("initial-exec")]];

}  // namespace kernelgate
