#include "harness/core/shell.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/printable.hpp"

namespace kernelgate {
namespace {

// $'…': every byte of a character that does not print as itself becomes \xHH.
std::string ansi_quoted(std::string_view word) {
  std::string text = "$'";
  while (!word.empty()) {
    const std::size_t length = std::max<std::size_t>(1, utf8_length(word));
    const std::string_view character = word.substr(0, length);
    if (character == "'" || character == "\\") {
      text += '\\';
      text += character;
    } else if (prints_as_itself(word)) {
      text += character;
    } else {
      for (const char c : character) {
        text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
    }
    word.remove_prefix(length);
  }
  return text + "'";
}

constexpr std::string_view program_name = "kernelgate";

std::string& typed_program() {
  static std::string typed(program_name);
  return typed;
}

}  // namespace

std::string shell_word(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./,:@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) {
    return std::string(word);
  }
  if (printable_line(word) != word) return ansi_quoted(word);
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string shell_line(std::span<const std::string> words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += shell_word(word);
  }
  return line;
}

void set_typed_program(std::string_view typed) {
  // The shell looks up a word without a slash in PATH; the plain name works for such a program.
  const bool path = typed.find('/') != std::string_view::npos;
  typed_program() = path ? shell_word(typed) : std::string(program_name);
}

std::string on_terminal(std::string_view line) {
  const bool command = line == program_name || (line.starts_with(program_name) &&
                                                line.substr(program_name.size()).starts_with(' '));
  if (!command) return std::string(line);
  return typed_program() + std::string(line.substr(program_name.size()));
}

}  // namespace kernelgate
