// In which order the processes of a round run. Drawn, so that no habit of the machine falls in step
// with it; balanced in blocks of two rounds, so that a drift falls on both sides alike; a function
// of the seed alone, so that a run can be repeated and judged by others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kernelgate::compare {

/// Places of one round: sides (0, 1, …) in the order in which their processes run.
using RoundOrder = std::vector<int>;

/// The orders of rounds 0, 1, … for `sides` sides of one case. Each block of two rounds holds a
/// drawn order and its reverse, in drawn sequence. A longer list begins with the shorter one.
std::vector<RoundOrder> draw_orders(std::uint64_t seed, std::string_view case_id, int sides,
                                    std::int64_t rounds);

/// Whether in each finished block of two rounds every side runs before every other one once.
bool balanced(const std::vector<RoundOrder>& orders);

/// "BC CB CB BC …" for names such as {"B", "C"}.
std::string in_words(const std::vector<RoundOrder>& orders, const std::vector<std::string>& names);

}  // namespace kernelgate::compare
