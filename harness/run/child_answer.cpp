#include "harness/run/child_answer.hpp"

#include <utility>

#include "harness/core/error.hpp"

namespace kernelgate {

using nlohmann::json;

std::string refusal_text(const std::string& reason) {
  return json(reason).dump(-1, ' ', false, json::error_handler_t::replace);
}

json answer_in(const std::string& text) {
  json answer = json::parse(text);
  if (answer.is_string()) throw BadInput(answer.get<std::string>());
  return answer;
}

}  // namespace kernelgate
