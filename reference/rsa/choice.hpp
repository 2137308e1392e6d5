// Chooses one answer from a finished run (spec 8.1, "selection").
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "reference/rsa/loop.hpp"
#include "reference/rsa/selection.hpp"

namespace kernelgate::rsa {

/// Decodes token ids to text.
using Decode = std::function<std::string(std::span<const std::int32_t>)>;

struct Choice {
  std::optional<Vote> vote;          // absent: no rollout has a box
  std::optional<RoundReport> extra;  // the additional rollout of `msgl`; its answer is extra_answer
  std::optional<std::string> extra_answer;

  /// The chosen answer.
  std::optional<std::string> answer() const;
};

/// `majority`: the vote of all rollouts that have a box. `msgl`: the same if at least two have one;
/// otherwise the box of one more rollout at temperature 0.3 or, if that has none, the only voter's.
Choice choose(Loop& loop, const Result& result, std::span<const std::int32_t> query,
              Selection selection, const Decode& decode);

}  // namespace kernelgate::rsa
