#include "harness/report/text.hpp"

#include <gtest/gtest.h>

#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

TEST(ReportText, GivesTimesThreeDigitsAndTheUnitThatFits) {
  EXPECT_EQ(time_text(2.0), "2.00 s");
  EXPECT_EQ(time_text(0.0123456), "12.3 ms");
  EXPECT_EQ(time_text(0.0005), "500 us");
  EXPECT_EQ(time_text(4.2e-9), "4.20 ns");
  EXPECT_EQ(time_text(0.00099996), "1.00 ms");
  EXPECT_EQ(time_text(std::nullopt), "");
}

TEST(ReportText, SaysARatioWithItsDirection) {
  EXPECT_EQ(ratio_text(0.8), "1.25x faster");
  EXPECT_EQ(ratio_text(1.5), "1.50x slower");
  EXPECT_EQ(ratio_text(1.004), "same");
  EXPECT_EQ(ratio_text(std::nullopt), "");
}

TEST(ReportText, ComputesRatesOnlyFromRowsWithATime) {
  Record row = synthetic::bench_row();
  EXPECT_DOUBLE_EQ(bytes_per_second(row).value(), 8e9);
  EXPECT_DOUBLE_EQ(flops_per_second(row).value(), 1.6e10);
  EXPECT_NEAR(spread_percent(row).value(), 3, 1e-9);
  row.time_median_seconds = std::nullopt;
  EXPECT_EQ(bytes_per_second(row), std::nullopt);
  EXPECT_EQ(flops_per_second(row), std::nullopt);
  EXPECT_EQ(spread_percent(row), std::nullopt);
  row.time_median_seconds = 0.0;
  EXPECT_EQ(bytes_per_second(row), std::nullopt);
}

TEST(ReportText, GivesNoSpreadWhereOneSampleAloneCounts) {
  Record row = synthetic::bench_row();
  row.samples = 3;
  row.disturbed_samples = 1;
  EXPECT_TRUE(spread_percent(row).has_value());
  row.disturbed_samples = 2;
  EXPECT_FALSE(spread_percent(row).has_value());
  row.disturbed_samples = 3;  // all are disturbed, and all of them count
  EXPECT_TRUE(spread_percent(row).has_value());
  row.samples = 1;
  row.disturbed_samples = std::nullopt;
  EXPECT_FALSE(spread_percent(row).has_value());
}

TEST(ReportText, EscapesMarkupAndReplacesWhatXmlCannotHold) {
  EXPECT_EQ(xml_escaped("a<b>&\"c\"\n"), "a&lt;b&gt;&amp;&quot;c&quot;&#10;");
  EXPECT_EQ(xml_escaped("ü € 😀"), "ü € 😀");
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(xml_escaped("\x1b"), bad);
  EXPECT_EQ(xml_escaped("\xc2\x9b\xe2\x80\xae"), bad + bad);  // C1, right-to-left override
  EXPECT_EQ(xml_escaped("\xff"
                        "a"),
            bad + "a");
  EXPECT_EQ(xml_escaped("\xc3"), bad);                      // cut off
  EXPECT_EQ(xml_escaped("\xc0\xaf"), bad + bad);            // overlong
  EXPECT_EQ(xml_escaped("\xed\xa0\x80"), bad + bad + bad);  // half of a surrogate pair
  EXPECT_EQ(xml_escaped("\xef\xbf\xbf"), bad + bad + bad);  // U+FFFF
}

TEST(ReportText, ShortensInTheMiddleAndNeverInsideACharacter) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abc…fg");
  EXPECT_EQ(shortened("üüüüüü", 6), "ü…ü");
}

}  // namespace
}  // namespace kernelgate
