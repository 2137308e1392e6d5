#include "reference/rsa/subset.hpp"

#include <numeric>
#include <utility>

#include "harness/core/random.hpp"

namespace kernelgate::rsa {
namespace {

// Integers below a limit from the Philox counter (draw, 0, rollout, round). Tokens are drawn with
// the seed as key, so the key here is a different function of the seed.
class Draws {
 public:
  explicit Draws(const SubsetKey& key)
      : key_(mix64(key.seed ^ fnv1a64("rsa.subset"))),
        rollout_(static_cast<std::uint32_t>(key.rollout)),
        round_(static_cast<std::uint32_t>(key.round)) {}

  std::uint64_t below(std::uint64_t limit) {
    // Words from the last incomplete run of `limit` numbers are rejected, so the numbers are
    // uniform.
    const std::uint64_t range = std::uint64_t{1} << 32;
    const std::uint64_t fair = range - range % limit;
    for (;;) {
      const PhiloxWords words = philox4x32({{next_++, 0, rollout_, round_}}, key_);
      if (words.word[0] < fair) return words.word[0] % limit;
    }
  }

 private:
  std::uint64_t key_;
  std::uint32_t rollout_, round_, next_ = 0;
};

}  // namespace

std::vector<std::int64_t> draw_subset(const SubsetKey& key, std::int64_t size, std::int64_t count) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(size));
  std::iota(all.begin(), all.end(), 0);
  Draws draws(key);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    std::swap(all[i], all[i + draws.below(all.size() - i)]);
  }
  all.resize(static_cast<std::size_t>(count));
  return all;
}

}  // namespace kernelgate::rsa
