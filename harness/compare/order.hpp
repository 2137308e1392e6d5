// Draws the order in which the processes of a round run. It is random, to avoid correlation with
// periodic behaviour of the machine. It is balanced in blocks of two rounds, so that drift affects
// both sides equally. It depends on seed and case alone, so that others can repeat and judge a run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kernelgate::compare {

/// Order of one round: sides (0, 1, …) in the order in which their processes run.
using RoundOrder = std::vector<int>;

/// The orders of rounds 0, 1, … for `sides` sides of one case. Each block of two rounds contains a
/// drawn order and its reverse, in random sequence. A longer list begins with the shorter one.
std::vector<RoundOrder> draw_orders(std::uint64_t seed, std::string_view case_id, int sides,
                                    std::int64_t rounds);

/// Whether in each complete block of two rounds every side runs before every other side once.
bool balanced(const std::vector<RoundOrder>& orders);

/// "BC CB CB BC …" for names such as {"B", "C"}.
std::string describe(const std::vector<RoundOrder>& orders, const std::vector<std::string>& names);

}  // namespace kernelgate::compare
