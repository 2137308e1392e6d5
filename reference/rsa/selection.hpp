// Selects one answer from the final rollouts if their text can be decoded.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reference/rsa/rollout.hpp"

namespace kernelgate::rsa {

/// The content of the last \boxed{...} with balanced braces; an escaped brace is text. Absent if
/// there is no such box.
std::optional<std::string> last_boxed(std::string_view text);

/// The form in which answers are compared: without spaces, $, and bracket sizes.
std::string normalised(std::string_view answer);

/// A rollout's vote: its boxed answer, if any.
struct Candidate {
  Finish finish = Finish::budget;
  std::optional<std::string> boxed;
};

struct Vote {
  std::string answer;        // as written in its first rollout
  std::int64_t rollout = 0;  // representative: the first that ended by itself, else the first
  std::int64_t votes = 0, voters = 0;
};

/// Most frequent answer of the candidates, excluding failed ones. A tie goes to the answer whose
/// first rollout has the lowest number. Absent with fewer than `least` voters.
std::optional<Vote> majority(const std::vector<Candidate>& candidates, std::int64_t least = 1);

}  // namespace kernelgate::rsa
