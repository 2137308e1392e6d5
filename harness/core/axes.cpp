#include "harness/core/axes.hpp"

#include <charconv>

#include "harness/core/error.hpp"

namespace kernelgate {

std::vector<AxisText> split_axes(std::string_view text) {
  std::vector<AxisText> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const std::size_t equals = part.find('=');
    AxisText axis;
    if (equals == std::string_view::npos) {
      axis.value = part;
    } else {
      axis.key = part.substr(0, equals);
      axis.value = part.substr(equals + 1);
    }
    if (axis.value.empty() || (equals == 0)) {
      throw BadInput("case '" + std::string(part) + "': expected key=value or a dtype");
    }
    for (const AxisText& earlier : parts) {
      if (earlier.key == axis.key) {
        throw BadInput("axis '" + (axis.key.empty() ? "dtype" : axis.key) + "' occurs twice");
      }
    }
    parts.push_back(std::move(axis));
  }
  return parts;
}

std::int64_t parse_axis_number(std::string_view axis, std::string_view text, std::int64_t least,
                               std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || value < least || value > most) {
    throw BadInput("axis '" + std::string(axis) + "': expected a whole number from " +
                   std::to_string(least) + " to " + std::to_string(most) + ", got '" +
                   std::string(text) + "'");
  }
  return value;
}

void unknown_axis_word(std::string_view axis, std::string_view text,
                       std::span<const std::string_view> allowed) {
  std::string words;
  for (const std::string_view word : allowed) words += " " + std::string(word);
  throw BadInput("axis '" + std::string(axis) + "': expected one of" + words + ", got '" +
                 std::string(text) + "'");
}

void unknown_axis(std::string_view kernel, std::string_view key,
                  const std::vector<std::string>& allowed) {
  std::string words;
  for (const std::string& word : allowed) words += " " + word;
  throw BadInput("kernel '" + std::string(kernel) + "' has no axis '" + std::string(key) +
                 "'; it has:" + words);
}

}  // namespace kernelgate
