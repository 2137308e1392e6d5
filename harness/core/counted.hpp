// Formats a count with its noun, for messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kernelgate {

/// "1 case" or "2 cases": `one` for a count of 1, `more` for every other count.
inline std::string counted(std::int64_t count, std::string_view one, std::string_view more) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : more);
}

}  // namespace kernelgate
