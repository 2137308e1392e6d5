#include "harness/compare/order.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/compare/signed_rank.hpp"
#include "harness/compare/synthetic_noise.hpp"

namespace kernelgate::compare {
namespace {

constexpr std::string_view some_case = "linear/kokkos/tokens=1,out=64,in=64,f32";

TEST(Order, IsBalancedInBlocksOfTwo) {
  for (const int sides : {2, 3, 5}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      EXPECT_TRUE(balanced(draw_orders(seed, some_case, sides, 60))) << sides << " " << seed;
    }
  }
}

TEST(Order, OfAFixedAlternationOrAFixedSideIsRefused) {
  EXPECT_FALSE(balanced(std::vector<RoundOrder>(20, RoundOrder{0, 1})));
  EXPECT_FALSE(balanced({{0, 1, 2}, {2, 0, 1}}));            // 0 before 1 twice
  EXPECT_TRUE(balanced({{0, 1, 2}, {2, 1, 0}, {1, 0, 2}}));  // an incomplete block
}

TEST(Order, IsAFunctionOfSeedAndCase) {
  const auto orders = draw_orders(17, some_case, 3, 40);
  EXPECT_EQ(orders, draw_orders(17, some_case, 3, 40));
  EXPECT_NE(orders, draw_orders(18, some_case, 3, 40));
  EXPECT_NE(orders, draw_orders(17, "linear/kokkos/tokens=2,out=64,in=64,f32", 3, 40));
  const auto longer = draw_orders(17, some_case, 3, 60);
  EXPECT_TRUE(std::equal(orders.begin(), orders.end(), longer.begin()));
}

TEST(Order, IsNoAlternation) {
  // About half of 200 blocks begin with each side; in a fixed alternation all begin alike.
  const auto orders = draw_orders(1, some_case, 2, 400);
  int first = 0;
  for (std::size_t round = 0; round < orders.size(); round += 2) first += orders[round][0] == 0;
  EXPECT_GT(first, 70);
  EXPECT_LT(first, 130);
}

TEST(Order, PrintsTheNamesInTheirPlaces) {
  EXPECT_EQ(describe({{0, 1}, {1, 0}, {1, 0}}, {"B", "C"}), "BC CB CB");
}

// Equal code on a machine where the second process of a round takes 3 % longer.
double seen_effect(const std::vector<RoundOrder>& orders) {
  std::vector<double> d =
      synthetic::heavy_noise(9, static_cast<std::int64_t>(orders.size()), 0.002);
  for (std::size_t round = 0; round < orders.size(); ++round) {
    d[round] += orders[round][0] == 0 ? 0.03 : -0.03;
  }
  return paired_effect(d, 0.99).lower;
}

TEST(Order, BalancedKeepsAHabitOfTheMachineOutOfTheAnswer) {
  EXPECT_GT(seen_effect(std::vector<RoundOrder>(60, RoundOrder{0, 1})), 0.02);  // the seeded bug
  EXPECT_LT(seen_effect(draw_orders(1, some_case, 2, 60)), 0);
}

}  // namespace
}  // namespace kernelgate::compare
