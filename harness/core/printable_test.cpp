#include "harness/core/printable.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kernelgate {
namespace {

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b[31mred\a\b"), "\\x1b[31mred\\x07\\x08");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("a\tb\rc\x7f"), "a\\tb\\rc\\x7f");
  EXPECT_EQ(printable("\xc2\x85\xc2\x9b"), "\\u0085\\u009b");  // C1: NEL, CSI
}

TEST(Printable, EscapesWhatReversesOrBreaksALine) {
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "txt"),
            "\\u202etxt");
  EXPECT_EQ(printable("\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f"),
            "\\u2066\\u2069\\u061c\\u200f");
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\u2028");
}

TEST(Printable, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\x9b"), "\\x9b");                    // C1 as one byte of Latin-1
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a surrogate pair
}

TEST(Printable, LeavesReadableTextAlone) {
  const std::string text = "größer, 日本語, 😀, it's \\x1b\nsecond line";
  EXPECT_EQ(printable(text), text);
  EXPECT_EQ(printable(printable("\x1b\xff")), printable("\x1b\xff"));
}

TEST(Printable, KeepsAForeignLineInOneLine) {
  EXPECT_EQ(printable_line("fine\nall 82 passed"), "fine\\nall 82 passed");
}

TEST(Printable, FindsNoCharacterInAnEmptyText) {
  EXPECT_EQ(utf8_length(""), 0U);
  EXPECT_FALSE(prints_as_itself(""));
  EXPECT_EQ(utf8_length("\u00fcb"), 2U);
  EXPECT_TRUE(prints_as_itself("\u00fcb"));
  EXPECT_FALSE(prints_as_itself("\u202eb"));
}

TEST(Printable, FindsACharacterThatIsCutOff) {
  EXPECT_EQ(unfinished_utf8("abc"), 0U);
  EXPECT_EQ(unfinished_utf8("\xe2\x82\xac"), 0U);
  EXPECT_EQ(unfinished_utf8("x\xe2\x82"), 2U);
  EXPECT_EQ(unfinished_utf8("x\xf0\x9f\x98"), 3U);
  EXPECT_EQ(unfinished_utf8("x\xc3"), 1U);
  EXPECT_EQ(unfinished_utf8("x\xff"), 0U);
  EXPECT_EQ(unfinished_utf8("\x80\x80\x80\x80"), 0U);
}

}  // namespace
}  // namespace kernelgate
