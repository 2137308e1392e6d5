// The text that a child process sends back: its result as JSON, or the reason why there is none.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace kernelgate {

/// The reason as a JSON string. A result is never a JSON string, so the two are distinguishable.
std::string refusal_text(const std::string& reason);

/// The result. Throws BadInput with the reason if `text` came from refusal_text().
nlohmann::json answer_in(const std::string& text);

}  // namespace kernelgate
