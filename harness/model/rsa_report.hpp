// Text that `rsa` prints and writes.
#pragma once

#include <string>

#include "reference/rsa/choice.hpp"
#include "reference/rsa/engine.hpp"
#include "reference/rsa/tokenizer.hpp"

namespace kernelgate {

/// One round on one line.
std::string rsa_round_line(const rsa::RoundReport& round);

/// Tokens, peak cache size and its bound, fixed state, time by phase, thin draws.
std::string rsa_summary(const rsa::Result& result, const rsa::SequenceEngine& engine);

/// The chosen answer and its rollout; empty for Selection::none.
std::string rsa_choice_lines(const rsa::Choice& choice, rsa::Selection selection);

/// Ids of the final rollouts, one line each; the line of a failed rollout is empty.
std::string rsa_token_lines(const rsa::Result& result);

/// One line of JSON per final rollout: {"rollout", "finish", "tokens", "text", "boxed"}.
std::string rsa_text_lines(const rsa::Result& result, const rsa::Tokenizer& tokenizer);

}  // namespace kernelgate
