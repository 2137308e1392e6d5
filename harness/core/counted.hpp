// A number with its noun, for messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kernelgate {

/// "1 case" or "2 cases": `one` behind 1, `more` behind every other number.
inline std::string counted(std::int64_t count, std::string_view one, std::string_view more) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : more);
}

}  // namespace kernelgate
