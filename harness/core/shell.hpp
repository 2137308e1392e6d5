// Command lines as a user pastes them into bash.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace kernelgate {

/// One word, quoted where the shell would read it otherwise. A word that cannot be printed as it is
/// (control characters, invalid UTF-8) has the form $'\x1b' of bash.
std::string shell_word(std::string_view word);

/// The words, each quoted, with a space between two.
std::string shell_line(std::span<const std::string> words);

}  // namespace kernelgate
