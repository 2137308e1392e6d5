#include "harness/executors/source/canary.hpp"

#include <limits>

#include "harness/core/native_entry.hpp"
#include "harness/executors/source/observer.hpp"

namespace kernelgate {

std::uint64_t canary_accesses(const NativeEntry& entry) {
  alignas(16) std::uint32_t words[64] = {};
  const void* arguments[] = {words};
  std::uint64_t seen = 0;
  Actor nobody;
  const Observer before = observer;
  observer = Observer{};
  observer.actor = &nobody;
  observer.canary = &seen;
  observer.countdown = std::numeric_limits<std::int64_t>::max();
  entry.call(nullptr, arguments);
  observer = before;
  return seen;
}

}  // namespace kernelgate
