#include "harness/run/child_answer.hpp"

#include <utility>

#include "harness/core/error.hpp"

namespace kernelgate {

std::string refusal_text(const std::string& reason) {
  return nlohmann::json(reason).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json answer_in(const std::string& text) {
  nlohmann::json answer = nlohmann::json::parse(text);
  if (answer.is_string()) throw BadInput(answer.get<std::string>());
  return answer;
}

}  // namespace kernelgate
