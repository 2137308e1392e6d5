// Which tails a rollout gets: drawn without repetition, by a stream of its own, so that no other
// rollout and no order of completion can change them.
#pragma once

#include <cstdint>
#include <vector>

namespace kernelgate::rsa {

struct SubsetKey {
  std::uint64_t seed = 0;
  std::int64_t round = 0, rollout = 0;
};

/// `count` different numbers of 0 .. size-1 in the order drawn; every such list equally likely.
std::vector<std::int64_t> draw_subset(const SubsetKey& key, std::int64_t size, std::int64_t count);

}  // namespace kernelgate::rsa
