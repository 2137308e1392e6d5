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

/// States how the user typed this program, argv[0]. main() calls it once, before other threads run.
void set_typed_program(std::string_view typed);

/// A command line that begins with "kernelgate", as the terminal prints it: a program that was
/// typed as a path ("build/kernelgate") stands in place of the first word, quoted. Texts that are
/// read on other machines (records, JUnit, pages, Markdown) keep "kernelgate".
std::string on_terminal(std::string_view line);

}  // namespace kernelgate
