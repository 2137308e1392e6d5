// One answer out of the final rollouts, where their text can be read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reference/rsa/rollout.hpp"

namespace kernelgate::rsa {

/// What stands in the last \boxed{...} whose braces balance; an escaped brace is text. Nothing
/// where there is none.
std::optional<std::string> last_boxed(std::string_view text);

/// The form in which two answers are compared: without spaces, $, and sizes of brackets.
std::string normalised(std::string_view answer);

/// What a rollout says: its answer where it has a box.
struct Candidate {
  Finish finish = Finish::budget;
  std::optional<std::string> boxed;
};

struct Vote {
  std::string answer;        // as its first rollout wrote it
  std::int64_t rollout = 0;  // who stands for it: the first that ended by itself, else the first
  std::int64_t votes = 0, voters = 0;
};

/// Most frequent answer of the candidates, failed ones left out; a tie goes to the answer whose
/// first rollout has the lowest number. Nothing with fewer than `least` voters.
std::optional<Vote> majority(const std::vector<Candidate>& candidates, std::int64_t least = 1);

}  // namespace kernelgate::rsa
