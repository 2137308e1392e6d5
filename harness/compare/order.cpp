#include "harness/compare/order.hpp"

#include <algorithm>
#include <numeric>

#include "harness/core/random.hpp"

namespace kernelgate::compare {
namespace {

// Fisher-Yates shuffle. The remainder of a word by the number of sides is uniform to 2^-60.
RoundOrder drawn_order(std::uint64_t key, std::uint64_t block, int sides) {
  RoundOrder order(static_cast<std::size_t>(sides));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t left = order.size(); left > 1; --left) {
    const std::uint64_t word = word_at(key, block * 64 + left);
    std::swap(order[left - 1], order[word % left]);
  }
  return order;
}

bool runs_before(const RoundOrder& order, int a, int b) {
  return std::find(order.begin(), order.end(), a) < std::find(order.begin(), order.end(), b);
}

}  // namespace

std::vector<RoundOrder> draw_orders(std::uint64_t seed, std::string_view case_id, int sides,
                                    std::int64_t rounds) {
  const std::uint64_t key = mix64(seed) ^ fnv1a64(case_id);
  std::vector<RoundOrder> orders;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const auto block = static_cast<std::uint64_t>(round / 2);
    RoundOrder order = drawn_order(key, block, sides);
    const bool reversed_first = word_at(key, block * 64) % 2 == 1;
    if ((round % 2 == 1) != reversed_first) std::reverse(order.begin(), order.end());
    orders.push_back(order);
  }
  return orders;
}

bool balanced(const std::vector<RoundOrder>& orders) {
  for (std::size_t round = 0; round + 1 < orders.size(); round += 2) {
    const auto sides = static_cast<int>(orders[round].size());
    for (int a = 0; a < sides; ++a) {
      for (int b = a + 1; b < sides; ++b) {
        if (runs_before(orders[round], a, b) == runs_before(orders[round + 1], a, b)) return false;
      }
    }
  }
  return true;
}

std::string describe(const std::vector<RoundOrder>& orders, const std::vector<std::string>& names) {
  std::string text;
  for (const RoundOrder& order : orders) {
    if (!text.empty()) text += ' ';
    for (const int side : order) text += names[static_cast<std::size_t>(side)];
  }
  return text;
}

}  // namespace kernelgate::compare
