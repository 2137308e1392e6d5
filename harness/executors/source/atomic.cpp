// Atomics: checked first, then executed. Blocks run on one host thread, so plain operations are
// atomic here.
#include <algorithm>
#include <bit>

#include "harness/executors/source/observer.hpp"
#include "harness/executors/source/runtime.hpp"

namespace kernelgate {

template <class T>
T Runtime::atomic(T* to, source_api::AtomicOp op, T operand, T expected, Scope scope, Place place) {
  using source_api::AtomicOp;
  constexpr AtomicAct acts[] = {AtomicAct::load,
                                AtomicAct::store,
                                AtomicAct::add,
                                AtomicAct::add,
                                AtomicAct::max,
                                AtomicAct::min,
                                AtomicAct::bit_or,
                                AtomicAct::bit_and,
                                AtomicAct::bit_xor,
                                AtomicAct::exchange,
                                AtomicAct::compare_exchange};
  const auto address = reinterpret_cast<std::uintptr_t>(to);
  if (address % sizeof(T) != 0) misaligned(address, sizeof(T), place);
  if (checks_) {
    if (checker_.unsettled()) checker_.settle();
    if (--observer.countdown <= 0) event(place);
    const std::uint64_t offset = address - observer.base;
    if (offset >= memory_.capacity()) {
      foreign(address, sizeof(T), op != AtomicOp::load, place);
    } else if (!checker_.atomic(*current().actor, offset, sizeof(T), acts[static_cast<int>(op)],
                                scope, place)) {
      abandon();
    }
  } else if (steps_.step(current())) {
    hold_to_limits(place, "");
  }
  const T before = *to;
  T after = operand;
  switch (op) {
    case AtomicOp::load:
      after = before;
      break;
    case AtomicOp::store:
    case AtomicOp::exchange:
      break;
    case AtomicOp::add:
      after = before + operand;
      break;
    case AtomicOp::add_float:
      if constexpr (sizeof(T) == 4) {
        after = std::bit_cast<T>(std::bit_cast<float>(before) + std::bit_cast<float>(operand));
      }
      break;
    case AtomicOp::max:
      after = std::max(before, operand);
      break;
    case AtomicOp::min:
      after = std::min(before, operand);
      break;
    case AtomicOp::bit_or:
      after = before | operand;
      break;
    case AtomicOp::bit_and:
      after = before & operand;
      break;
    case AtomicOp::bit_xor:
      after = before ^ operand;
      break;
    case AtomicOp::compare_exchange:
      after = before == expected ? operand : before;
      break;
  }
  const bool changes = after != before;
  if (changes) {
    *to = after;
    schedule_.progress();
    current().spin_address = nullptr;
  } else if (op == AtomicOp::load || op == AtomicOp::compare_exchange || op == AtomicOp::exchange) {
    if (!schedule_.spin(to, static_cast<std::uint64_t>(before))) fail_spin(to);
  }
  return before;
}

template std::uint32_t Runtime::atomic(std::uint32_t*, source_api::AtomicOp, std::uint32_t,
                                       std::uint32_t, Scope, Place);
template std::uint64_t Runtime::atomic(std::uint64_t*, source_api::AtomicOp, std::uint64_t,
                                       std::uint64_t, Scope, Place);

}  // namespace kernelgate
