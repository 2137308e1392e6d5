// The text with which a child process answers: JSON, or the reason why there is no answer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace kernelgate {

/// A reason in place of an answer, which is never a JSON string itself.
std::string refusal_text(const std::string& reason);

/// The answer. Throws BadInput with the reason if `text` is a refusal.
nlohmann::json answer_in(const std::string& text);

}  // namespace kernelgate
