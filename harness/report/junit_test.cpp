#include "harness/report/junit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <string_view>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

using synthetic::check_row;
using synthetic::incorrect_row;
using ::testing::HasSubstr;

/// Parses the XML that JUnit files use: elements, attributes in double quotes, references. Returns
/// the first error, or nothing; `tags` counts the elements that were opened.
class WellFormed {
 public:
  explicit WellFormed(std::string_view text) : rest_(text) {}
  std::string fault() {
    if (!take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")) return "no declaration";
    std::vector<std::string> open;
    while (!rest_.empty()) {
      if (rest_[0] != '<') {
        const std::size_t end = std::min(rest_.find('<'), rest_.size());
        if (const std::string wrong = wrong_text(rest_.substr(0, end)); !wrong.empty())
          return wrong;
        rest_.remove_prefix(end);
      } else if (take("</")) {
        if (open.empty() || !take(open.back() + ">")) return "closes what is not open";
        open.pop_back();
        if (open.empty()) return rest_ == "\n" ? "" : "something follows the root";
      } else if (take("<")) {
        open.push_back(word());
        ++tags;
        if (const std::string wrong = attributes(); !wrong.empty()) return wrong;
        if (take("/>")) {
          open.pop_back();
        } else if (!take(">")) {
          return "a tag without an end: " + std::string(rest_.substr(0, 20));
        }
      }
    }
    return "the root stays open";
  }
  int tags = 0;

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  std::string word() {
    std::size_t end = 0;
    while (end < rest_.size() && std::isalpha(static_cast<unsigned char>(rest_[end]))) ++end;
    const std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return text;
  }
  std::string attributes() {
    while (take(" ")) {
      const std::string key = word();
      if (key.empty() || !take("=\"")) return "an attribute without a value: " + key;
      const std::size_t end = rest_.find('"');
      if (end == std::string_view::npos) return "a value without an end";
      if (const std::string wrong = wrong_text(rest_.substr(0, end)); !wrong.empty()) return wrong;
      rest_.remove_prefix(end + 1);
    }
    return {};
  }
  static std::string wrong_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c == '<') return "a bare <";
      if (c < 0x20 && c != '\n') return "a control character";
      if (c != '&') continue;
      const std::string_view reference = text.substr(i, text.find(';', i) - i + 1);
      bool known = false;
      for (const std::string_view r : {"&amp;", "&lt;", "&gt;", "&quot;", "&#9;", "&#10;"}) {
        known = known || reference == r;
      }
      if (!known) return "an unknown reference " + std::string(reference);
    }
    return {};
  }
  std::string_view rest_;
};

Record of_status(Status status, const std::string& message) {
  Record row = check_row();
  row.status = status;
  row.message = message;
  return row;
}

TEST(Junit, CallsIncorrectAFailureInvalidAnErrorAndUnsupportedSkipped) {
  const std::string text = junit_text(std::vector{
      check_row(), of_status(Status::incorrect, "off"), of_status(Status::failed_recheck, "later"),
      of_status(Status::crashed, "threw"), of_status(Status::timed_out, "60 s"),
      of_status(Status::unsupported, "needs 98304 B of LDS")});
  EXPECT_THAT(text, HasSubstr("<testsuites name=\"kernelgate\" tests=\"6\" failures=\"2\" "
                              "errors=\"2\" skipped=\"1\">"));
  EXPECT_THAT(text, HasSubstr("<failure type=\"incorrect\" message=\"off\">rerun: kernelgate check "
                              "--case linear/kokkos/tokens=7,out=64,in=64,bf16 --data real"));
  EXPECT_THAT(text, HasSubstr("<failure type=\"failed_recheck\" message=\"later\">"));
  EXPECT_THAT(text, HasSubstr("<error type=\"crashed\" message=\"threw\">"));
  EXPECT_THAT(text, HasSubstr("<error type=\"timed_out\" message=\"60 s\">"));
  EXPECT_THAT(text, HasSubstr("<skipped message=\"needs 98304 B of LDS\"/>"));
}

TEST(Junit, NamesACaseByKernelAndVariantThenAxesAndData) {
  EXPECT_THAT(junit_text(std::vector{check_row()}),
              HasSubstr("<testcase classname=\"linear.kokkos\" name=\"tokens=7,out=64,in=64,bf16 "
                        "real seed 18446744073709551615\"/>"));
}

TEST(Junit, GivesEveryKernelASuiteOfItsOwnCounts) {
  Record other = incorrect_row();
  other.kernel = "top_k";
  const std::string text = junit_text(std::vector{check_row(), other, check_row()});
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"linear\" tests=\"2\" failures=\"0\""));
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"top_k\" tests=\"1\" failures=\"1\""));
}

TEST(Junit, StaysWellFormedWhateverTheTextsHold) {
  Record row = incorrect_row();
  row.message =
      std::string("]]> <!-- \" ' & &amp; \x01\x1b[0m \xff\xc3 \xed\xa0\x80 ü € \t\n end\0!", 45);
  row.kernel = "<script>";
  row.environment.cpu = "a \"b\" <c> & d";
  for (const std::vector<Record>& records :
       {std::vector<Record>{}, std::vector{check_row()}, std::vector{row, check_row(), row}}) {
    const std::string text = junit_text(records);
    WellFormed reader(text);
    EXPECT_EQ(reader.fault(), "") << text;
    EXPECT_GE(reader.tags, 1);
  }
}

TEST(Junit, IsReadAsBrokenByTheTestsOwnReaderWhenItIs) {
  const std::string good = junit_text(std::vector{incorrect_row()});
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"&lt;", "<"}, {"&amp;", "&"}, {"</testsuites>", ""}, {"/>", ">"}, {"\">", ">"}}) {
    std::string bad = good;
    ASSERT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_NE(WellFormed(bad).fault(), "") << from;
  }
}

TEST(Junit, IsWrittenWholeOrNotAtAll) {
  const synthetic::Folder folder;
  write_junit(folder / "new/junit.xml", std::vector{check_row()});
  EXPECT_EQ(synthetic::read_all(folder / "new/junit.xml"), junit_text(std::vector{check_row()}));
  EXPECT_FALSE(std::filesystem::exists(folder / "new/junit.xml.part"));
  std::filesystem::create_directory(folder / "taken");
  EXPECT_THROW(write_junit(folder / "taken", std::vector{check_row()}), BadInput);
  EXPECT_THROW(write_junit("/dev/null/junit.xml", std::vector{check_row()}), BadInput);
}

TEST(Junit, VerdictsOverRowsAreATestsuiteOfTheirOwn) {
  const std::vector<Record> rows{check_row()};
  const std::vector<JunitVerdict> verdicts{
      {"executor <gfx1100>", Status::incorrect, "3 & more", "kernelgate check"},
      {"timing", Status::unsupported, "no baseline build", ""},
      {"kv", Status::passed, "", ""}};
  const std::string text = junit_text(rows, verdicts);
  WellFormed reader(text);
  EXPECT_EQ(reader.fault(), "");
  EXPECT_THAT(text, HasSubstr("<testsuites name=\"kernelgate\" tests=\"4\" failures=\"1\" "
                              "errors=\"0\" skipped=\"1\">"));
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"gate\" tests=\"3\" failures=\"1\""));
  EXPECT_THAT(text, HasSubstr("classname=\"gate\" name=\"executor &lt;gfx1100&gt;\""));
  EXPECT_THAT(text, HasSubstr("message=\"3 &amp; more\">rerun: kernelgate check</failure>"));
  EXPECT_THAT(text, HasSubstr("<skipped message=\"no baseline build\"/>"));
}

TEST(Junit, TakesSlowerForAFailureAndInvalidForAnError) {
  Record row = synthetic::bench_row();
  row.row = RowKind::compare;
  row.baseline = "abc1230";
  row.ratio_to_baseline = 1.25;
  std::vector<Record> rows(4, row);
  rows[0].verdict = "slower";
  rows[1].verdict = "invalid";
  rows[2].verdict = "cannot_tell";
  rows[3].verdict = "same";
  const std::string text = junit_text(rows);
  EXPECT_THAT(text, HasSubstr("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"0\""));
  EXPECT_THAT(text, HasSubstr("<failure type=\"slower\" message=\"1.25x slower than abc1230"));
  EXPECT_THAT(text, HasSubstr("<error type=\"invalid\""));
  EXPECT_EQ(WellFormed(text).fault(), "");
}

}  // namespace
}  // namespace kernelgate
