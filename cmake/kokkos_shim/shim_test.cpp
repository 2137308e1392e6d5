// Tests the shim's functions, called by the symbol names that Kokkos uses.

#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <string>
#include <string_view>

extern "C" {
void replace_cold(std::string*, char*, std::size_t, const char*, std::size_t, std::size_t) __asm__(
    "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE15_M_replace_coldEPcmPKcmm");
long isoc23_strtol(const char*, char**, int) __asm__("__isoc23_strtol");
}

namespace {

constexpr std::string_view alphabet = "abcdefghijklmnop";

/// The alphabet with `removed` characters at `place` replaced by those at `text`, by the shim.
std::string replaced(std::size_t place, std::size_t removed, std::size_t text,
                     std::size_t inserted) {
  std::string buffer(64, '#');
  buffer.replace(0, alphabet.size(), alphabet);
  replace_cold(&buffer, buffer.data() + place, removed, buffer.data() + text, inserted,
               alphabet.size() - place - removed);
  return buffer.substr(0, alphabet.size() - removed + inserted);
}

/// The same by concatenating parts of the alphabet.
std::string expected(std::size_t place, std::size_t removed, std::size_t text,
                     std::size_t inserted) {
  std::string result(alphabet.substr(0, place));
  result += alphabet.substr(text, inserted);
  result += alphabet.substr(place + removed);
  return result;
}

TEST(KokkosShim, ReplacesEveryStretchByEveryStretchOfTheSameString) {
  EXPECT_EQ(replaced(2, 1, 4, 3), "abefgdefghijklmnop");
  for (std::size_t place = 0; place <= alphabet.size(); ++place)
    for (std::size_t removed = 0; place + removed <= alphabet.size(); ++removed)
      for (std::size_t text = 0; text <= alphabet.size(); ++text)
        for (std::size_t inserted = 0; text + inserted <= alphabet.size(); ++inserted)
          ASSERT_EQ(replaced(place, removed, text, inserted),
                    expected(place, removed, text, inserted))
              << "place " << place << ", removed " << removed << ", text " << text << ", inserted "
              << inserted;
}

TEST(KokkosShim, InsertsTextFromOutside) {
  std::string buffer = "one-three......";
  const std::string text = "-two";
  replace_cold(&buffer, buffer.data() + 3, 0, text.data(), text.size(), 6);
  EXPECT_EQ(buffer, "one-two-three..");
}

struct Reading {
  long value;
  std::size_t length;
  bool operator==(const Reading&) const = default;
};

Reading read(const std::string& text, int base) {
  char* end = nullptr;
  const long value = isoc23_strtol(text.c_str(), &end, base);
  return {value, static_cast<std::size_t>(end - text.c_str())};
}

TEST(KokkosShim, ReadsBinaryNumbersInBaseTwoAndZeroOnly) {
  EXPECT_EQ(read("0b101", 0), (Reading{5, 5}));
  EXPECT_EQ(read("  -0B11x", 2), (Reading{-3, 7}));
  EXPECT_EQ(read("+0b10", 0), (Reading{2, 5}));
  EXPECT_EQ(read("0b101", 10), (Reading{0, 1}));
  EXPECT_EQ(read("0b1", 16), (Reading{0xb1, 3}));
}

TEST(KokkosShim, LeavesAPrefixWithoutDigitsAlone) {
  EXPECT_EQ(read("0b", 0), (Reading{0, 1}));
  EXPECT_EQ(read("0b2", 0), (Reading{0, 1}));
  EXPECT_EQ(read("-", 0), (Reading{0, 0}));
}

TEST(KokkosShim, ReadsOtherBasesAsBefore) {
  EXPECT_EQ(read("12 ", 10), (Reading{12, 2}));
  EXPECT_EQ(read("0x1f", 0), (Reading{31, 4}));
  EXPECT_EQ(read("-017", 0), (Reading{-15, 4}));
  EXPECT_EQ(isoc23_strtol("42", nullptr, 10), 42);
  EXPECT_EQ(isoc23_strtol("0b11", nullptr, 0), 3);
}

TEST(KokkosShim, SaysThatABinaryNumberIsTooLarge) {
  errno = 0;
  EXPECT_EQ(read("0b" + std::string(64, '1'), 0), (Reading{LONG_MAX, 66}));
  EXPECT_EQ(errno, ERANGE);
  errno = 0;
  EXPECT_EQ(read("-0b1" + std::string(64, '0'), 2), (Reading{LONG_MIN, 68}));
  EXPECT_EQ(errno, ERANGE);
}

}  // namespace
