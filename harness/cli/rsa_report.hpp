// What `rsa` prints and writes.
#pragma once

#include <string>

#include "reference/rsa/choice.hpp"
#include "reference/rsa/engine.hpp"
#include "reference/rsa/tokenizer.hpp"

namespace kernelgate {

/// One round in a line.
std::string rsa_round_line(const rsa::RoundReport& round);

/// Tokens, peak of the cache against its bound, fixed state, time by phase, thin draws.
std::string rsa_summary(const rsa::Result& result, const rsa::SequenceEngine& engine);

/// The chosen answer, and whose it is; empty for Selection::none.
std::string rsa_choice_lines(const rsa::Choice& choice, rsa::Selection selection);

/// Ids of the final rollouts, one line each; a failed one's line is empty.
std::string rsa_token_lines(const rsa::Result& result);

/// {"rollout", "finish", "tokens", "text", "boxed"} of each final rollout, an object a line.
std::string rsa_text_lines(const rsa::Result& result, const rsa::Tokenizer& tokenizer);

}  // namespace kernelgate
