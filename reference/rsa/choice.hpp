// How one answer is chosen from a finished run (spec 8.1, "selection").
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "reference/rsa/loop.hpp"
#include "reference/rsa/selection.hpp"

namespace kernelgate::rsa {

/// The text of token ids.
using Decode = std::function<std::string(std::span<const std::int32_t>)>;

struct Choice {
  std::optional<Vote> vote;          // nothing: no rollout has a box
  std::optional<RoundReport> extra;  // the further rollout of `msgl`, with its answer below
  std::optional<std::string> extra_answer;

  /// The chosen answer.
  std::optional<std::string> answer() const;
};

/// `majority`: the vote of all rollouts that have a box. `msgl`: the vote of two or more; otherwise
/// the box of one more rollout at temperature 0.3, and the only voter's where that has none.
Choice choose(Loop& loop, const Result& result, std::span<const std::int32_t> query,
              Selection selection, const Decode& decode);

}  // namespace kernelgate::rsa
