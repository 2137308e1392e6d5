#include "harness/core/shell.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace kernelgate {
namespace {

// The words into which bash splits a line, each followed by a zero byte.
std::string read_by_bash(const std::string& line) {
  const std::string program = "printf '%s\\0' " + line;
  const std::string command = "bash -c " + shell_word(program);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      popen(command.c_str(), "r"), pclose);  // NOLINT(bugprone-command-processor,cert-env33-c)
  std::string got;
  std::array<char, 256> bytes;
  while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), pipe.get())) {
    got.append(bytes.data(), count);
  }
  return got;
}

TEST(Shell, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(shell_word("linear/kokkos/cpu-bf16/tokens=7,out=64,bf16"),
            "linear/kokkos/cpu-bf16/tokens=7,out=64,bf16");
  EXPECT_EQ(shell_word("my kernels/it's mine.so"), "'my kernels/it'\\''s mine.so'");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("~"), "'~'");
  EXPECT_EQ(shell_word("bell\a's"), "$'bell\\x07\\'s'");
  EXPECT_EQ(shell_line(std::vector<std::string>{"kernelgate", "a b"}), "kernelgate 'a b'");
}

TEST(Shell, BashReadsBackEveryWord) {
  const std::vector<std::string> words{"plain=1,a",
                                       "it's",
                                       "two  words",
                                       "$HOME `id` \"x\"",
                                       "back\\slash",
                                       "!history",
                                       "*?[a]{b,c}",
                                       "new\nline",
                                       "\x1b[31m\a",
                                       "größer 😀",
                                       "\xff\xc3",
                                       "\xe2\x80\xae'\\n",
                                       "",
                                       "~/x",
                                       "#no comment",
                                       "a&b;c|d>e"};
  std::string expected;
  for (const std::string& word : words) expected += word + '\0';
  EXPECT_EQ(read_by_bash(shell_line(words)), expected);
}

TEST(Shell, PutsTheProgramAsTypedInFrontOfACommandOnTheTerminal) {
  EXPECT_EQ(on_terminal("kernelgate check"), "kernelgate check");  // no name set
  set_typed_program("build/kernelgate");
  EXPECT_EQ(on_terminal("kernelgate check --case 'a b'"), "build/kernelgate check --case 'a b'");
  EXPECT_EQ(on_terminal("kernelgate"), "build/kernelgate");
  EXPECT_EQ(on_terminal("kernelgates check"), "kernelgates check");
  set_typed_program("../it's here/kernelgate");
  EXPECT_EQ(on_terminal("kernelgate list"), "'../it'\\''s here/kernelgate' list");
  set_typed_program("kernelgate");  // found in PATH
  EXPECT_EQ(on_terminal("kernelgate list"), "kernelgate list");
  set_typed_program("");  // a caller may pass no argv[0]
  EXPECT_EQ(on_terminal("kernelgate list"), "kernelgate list");
}

}  // namespace
}  // namespace kernelgate
