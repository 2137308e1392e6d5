#include "harness/core/text_parts.hpp"

#include <gtest/gtest.h>

namespace kernelgate {
namespace {

TEST(TextParts, TrimsTheGivenBlanksAtBothEnds) {
  EXPECT_EQ(trimmed("  a b \n"), "a b \n");
  EXPECT_EQ(trimmed("  a b \n", " \n"), "a b");
  EXPECT_EQ(trimmed("   "), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(TextParts, FindsTheFirstLineAndTheLastThatIsNotEmpty) {
  EXPECT_EQ(first_line("a\nb"), "a");
  EXPECT_EQ(first_line("\nb"), "");
  EXPECT_EQ(first_line("a"), "a");
  EXPECT_EQ(last_line("a\nb\n\n"), "b");
  EXPECT_EQ(last_line("a"), "a");
  EXPECT_EQ(last_line("\n"), "");
}

TEST(TextParts, TakesLineByLine) {
  std::string_view text = "a\n\nb";
  EXPECT_EQ(take_line(text), "a");
  EXPECT_EQ(take_line(text), "");
  EXPECT_EQ(take_line(text), "b");
  EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace kernelgate
