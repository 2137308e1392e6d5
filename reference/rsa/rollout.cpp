#include "reference/rsa/rollout.hpp"

#include <algorithm>

namespace kernelgate::rsa {

std::string_view name(Finish finish) {
  constexpr std::string_view names[] = {"eos", "end_of_think", "budget", "failed"};
  return names[static_cast<int>(finish)];
}

std::vector<std::int32_t> tail_of(const Rollout& rollout, std::int64_t tau) {
  const std::span<const std::int32_t> reasoning = rollout.reasoning_tokens();
  const std::size_t kept = std::min(reasoning.size(), static_cast<std::size_t>(tau));
  const auto tail = reasoning.last(kept);
  return {tail.begin(), tail.end()};
}

}  // namespace kernelgate::rsa
