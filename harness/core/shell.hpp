// Quotes command lines so that a user can paste them into bash.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace kernelgate {

/// One word, quoted if the shell would read it otherwise. A word that cannot be printed as it is
/// (control characters, invalid UTF-8) takes bash's form $'\x1b'.
std::string shell_word(std::string_view word);

/// The words, each quoted, separated by spaces.
std::string shell_line(std::span<const std::string> words);

/// Stores how the user typed this program, argv[0]. main() calls it once, before other threads run.
void set_typed_program(std::string_view typed);

/// A command line that begins with "kernelgate", as printed on the terminal: a program typed as a
/// path ("build/kernelgate") replaces the first word, quoted. Texts that are read on other machines
/// (records, JUnit, pages, Markdown) keep "kernelgate".
std::string on_terminal(std::string_view line);

}  // namespace kernelgate
