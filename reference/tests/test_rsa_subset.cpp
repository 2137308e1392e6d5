// The subset of tails of a rollout: all lists equally likely, no repetition, one stream per
// rollout.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "reference/rsa/subset.hpp"

namespace kernelgate::rsa {
namespace {

// Subsets: all 12 ordered pairs of 4 are equally frequent. Chi-square with 11 degrees of freedom
// exceeds 49 with probability below 1e-6.
double chi_square(const std::function<std::vector<std::int64_t>(std::int64_t)>& draw) {
  constexpr int count = 12000;
  std::map<std::vector<std::int64_t>, int> seen;
  for (std::int64_t n = 0; n < count; ++n) ++seen[draw(n)];
  double sum = 0;
  for (std::int64_t a = 0; a < 4; ++a) {
    for (std::int64_t b = 0; b < 4; ++b) {
      const double expected = a == b ? 0 : count / 12.0;
      const double off = seen[{a, b}] - expected;
      sum += a == b ? 1000 * off : off * off / expected;
    }
  }
  return sum;
}

TEST(RsaSubsets, AreEquallyLikelyAndWithoutRepetition) {
  EXPECT_LT(chi_square([](std::int64_t n) { return draw_subset({5, 1, n}, 4, 2); }), 49);
  EXPECT_EQ(draw_subset({5, 1, 0}, 1, 1), (std::vector<std::int64_t>{0}));
  std::vector<std::int64_t> all = draw_subset({5, 1, 0}, 100, 100);
  std::sort(all.begin(), all.end());
  for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i);
}

TEST(RsaSubsets, AWrongDrawIsFound) {
  const auto with_repetition = [](std::int64_t n) {
    const auto a = draw_subset({5, 1, n}, 4, 1), b = draw_subset({6, 1, n}, 4, 1);
    return std::vector<std::int64_t>{a[0], b[0]};
  };
  EXPECT_GT(chi_square(with_repetition), 49);
  const auto sorted = [](std::int64_t n) {
    auto list = draw_subset({5, 1, n}, 4, 2);
    std::sort(list.begin(), list.end());
    return list;
  };
  EXPECT_GT(chi_square(sorted), 49);
}

TEST(RsaSubsets, DependOnSeedRoundAndRollout) {
  const auto base = draw_subset({5, 1, 0}, 1000, 4);
  EXPECT_EQ(draw_subset({5, 1, 0}, 1000, 4), base);
  EXPECT_NE(draw_subset({6, 1, 0}, 1000, 4), base);
  EXPECT_NE(draw_subset({5, 2, 0}, 1000, 4), base);
  EXPECT_NE(draw_subset({5, 1, 1}, 1000, 4), base);
}

}  // namespace
}  // namespace kernelgate::rsa
