// Parts of a text: its lines, and the text without the blanks around it.
#pragma once

#include <algorithm>
#include <string_view>

namespace kernelgate {

/// The text without the characters of `blanks` at both ends.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " ") {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The text up to the first line end, which is left out.
constexpr std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

/// The last line that is not empty, without its line end.
constexpr std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
}

/// Removes and returns the first line of `text`; its line end is removed, too.
constexpr std::string_view take_line(std::string_view& text) {
  const std::string_view line = first_line(text);
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

}  // namespace kernelgate
