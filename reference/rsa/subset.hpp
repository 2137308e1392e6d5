// Draws the subset of tails for a rollout without repetition. Each rollout has its own random
// stream, independent of other rollouts and of the order of completion.
#pragma once

#include <cstdint>
#include <vector>

namespace kernelgate::rsa {

struct SubsetKey {
  std::uint64_t seed = 0;
  std::int64_t round = 0, rollout = 0;
};

/// `count` distinct numbers of 0 .. size-1 in the order drawn; all such lists are equally likely.
std::vector<std::int64_t> draw_subset(const SubsetKey& key, std::int64_t size, std::int64_t count);

}  // namespace kernelgate::rsa
