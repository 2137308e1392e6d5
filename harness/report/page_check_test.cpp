// Checks pages against their records, and that pages with one thing altered are rejected.
#include "harness/report/page_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/records/synthetic.hpp"
#include "harness/report/markdown_summary.hpp"

namespace kernelgate {
namespace {

using synthetic::bench_row;
using synthetic::check_row;
using synthetic::incorrect_row;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::vector<Record>& records() {
  static const std::vector<Record> rows{check_row(), bench_row(), incorrect_row()};
  return rows;
}

std::string page() {
  PageText text;
  text.subtitle = "three rows";
  text.command = "kernelgate report";
  text.left_out = {"speed: not asked for"};
  return page_html(records(), text);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::vector<std::string> faults(const std::string& of) {
  return page_faults(of, records(), {}, "page.html");
}

TEST(PageCheck, TakesThePageOfItsRecords) { EXPECT_THAT(faults(page()), IsEmpty()); }

TEST(PageCheck, NamesAnAlteredFigure) {
  EXPECT_THAT(
      faults(replaced(page(), "\"time_median_seconds\":0.0005", "\"time_median_seconds\":0.0004")),
      ElementsAre("page.html: data.rows[1].time_median_seconds: got 0.0004, expected "
                  "0.0005"));
}

TEST(PageCheck, NamesAnAlteredDerivedFigure) {
  const std::string altered =
      replaced(page(), "\"of_roofline\":0.8,\"tiers\"", "\"of_roofline\":0.9,\"tiers\"");
  EXPECT_THAT(faults(altered)[0], HasSubstr("data.portability[0].of_roofline: got 0.9"));
}

TEST(PageCheck, NamesAnAlteredFigureOfACaseSideBySide) {
  const std::string altered = replaced(page(), "\"seconds\":0.0005", "\"seconds\":0.0006");
  EXPECT_THAT(faults(altered)[0],
              HasSubstr("data.compared_cases[0].portable.seconds: got 0.0006, expected 0.0005"));
}

TEST(PageCheck, NamesARowThatIsGoneOrOneTooMany) {
  const std::string all = page();
  EXPECT_THAT(page_faults(all, {check_row(), bench_row()}, {}, "page.html"),
              ::testing::Contains(HasSubstr("data.rows[2]: got {")));
  std::vector<Record> more = records();
  more.push_back(check_row());
  EXPECT_THAT(page_faults(all, more, {}, "page.html"),
              ::testing::Contains(HasSubstr("data.rows[3]: got nothing, expected {")));
}

TEST(PageCheck, RefusesAScriptThatShowsOtherNumbers) {
  EXPECT_THAT(faults(replaced(page(), "seconds / size", "seconds / size / 2")),
              ElementsAre(HasSubstr("template, style or scripts differ from this build's")));
}

TEST(PageCheck, RefusesFilesThatAreNoPage) {
  EXPECT_THROW(stated_page("<html></html>", "page.html"), BadInput);
  EXPECT_THROW(stated_page("<script type=\"application/json\" id=\"data\">{", "page.html"),
               BadInput);
  EXPECT_THROW(stated_page("<script type=\"application/json\" id=\"data\">[1]</script>", "p"),
               BadInput);
  EXPECT_THROW(stated_page(replaced(page(), "\"runs\":[\"", "\"runs\":[1,\""), "p"), BadInput);
}

TEST(PageCheck, ReadsWhatAPageSaysOfItself) {
  const StatedPage stated = stated_page(page(), "page.html");
  EXPECT_EQ(stated.subtitle, "three rows");
  EXPECT_THAT(stated.left_out, ElementsAre("speed: not asked for"));
  EXPECT_THAT(stated.runs, ElementsAre(check_row().run_id));
}

TEST(Markdown, SaysWhatFailedAndHowToRunItAgain) {
  PageText text;
  text.left_out = {"speed: not asked for"};
  const std::string summary = markdown_summary(records(), text);
  EXPECT_THAT(summary, HasSubstr("**✗ 1 of 3 results failed**"));
  EXPECT_THAT(summary, HasSubstr("- **incorrect** linear/kokkos/tokens=7,out=64,in=64,bf16: "));
  EXPECT_THAT(summary, HasSubstr("<code>kernelgate check --case"));
  EXPECT_THAT(summary, HasSubstr("| linear | ✗ 1 of 2 |"));
  EXPECT_THAT(
      summary,
      HasSubstr("| linear | kokkos | Fast CPU, 2 GHz, 2 threads | 1 of 1 case | 80 % | 100 % |"));
  EXPECT_THAT(summary, HasSubstr("### Not run\n\n- speed: not asked for\n"));
}

Record refused(Record row) {
  row.status = Status::unsupported;
  row.time_median_seconds = row.roofline_seconds = std::nullopt;
  return row;
}

TEST(Markdown, GivesTheSpeedOfAVariantOverTheCasesThatItTakes) {
  Record other = bench_row(), fast = bench_row();
  other.axes = "tokens=8,out=64,in=64,f32";
  fast.variant = "kokkos/cpu-bf16";
  Record unsupported_reason = refused(other);
  unsupported_reason.variant = fast.variant;
  const std::vector<Record> rows{bench_row(), other, fast, unsupported_reason};
  const std::string summary = markdown_summary(rows, {});
  EXPECT_THAT(summary, HasSubstr("| linear | kokkos/cpu-bf16 | Fast CPU, 2 GHz, 2 threads | 1 of 2 "
                                 "cases (1 unsupported) | 80 % | 100 % |"));
  EXPECT_THAT(summary, Not(HasSubstr("### Performance portability")));  // a single device

  Record elsewhere = bench_row();
  elsewhere.environment.cpu = "Slow CPU";
  Record fast_elsewhere = elsewhere;
  fast_elsewhere.variant = fast.variant;
  const std::string both = markdown_summary(
      {bench_row(), other, fast, unsupported_reason, elsewhere, fast_elsewhere}, {});
  EXPECT_THAT(both, HasSubstr("### Performance portability"));
  EXPECT_THAT(both, HasSubstr("| linear | kokkos/cpu-bf16 | 2 | 0 % | 0 % |"));
}

TEST(Markdown, SaysWhichDevicesAreCoveredByARunOnAnother) {
  Record row = check_row();
  row.variant = "native";
  row.backend = Backend::source;
  row.provenance = Provenance::modelled;
  row.device = "nv-sm75";
  PageText text;
  text.covers = [](const Record&) { return std::vector<std::string>{"nv-sm80", "nv-sm90"}; };
  EXPECT_THAT(markdown_summary({row}, text),
              HasSubstr("| linear | ✓ 1 run on nv-sm75 (w32); 2 more devices covered by nv-sm75 "
                        "(w32) |"));
}

TEST(Markdown, NamesOnlyRunsThatCoverTheDevicesThatItCounts) {
  Record small = check_row();
  small.variant = "native";
  small.backend = Backend::source;
  small.provenance = Provenance::modelled;
  small.device = "nv-sm75";
  Record other = small;  // covers only nv-sm75, which has its own run
  other.variant = "native/matrix";
  other.device = "nv-sm90";
  PageText text;
  text.covers = [](const Record& r) {
    return std::vector<std::string>{r.device == "nv-sm75" ? "nv-sm80" : "nv-sm75"};
  };
  EXPECT_THAT(markdown_summary({small, other}, text),
              HasSubstr("✓ 2 run on nv-sm75 (w32), nv-sm90 (w32); 1 more device covered by nv-sm75 "
                        "(w32) |"));
}

TEST(Markdown, GivesNoCommandWhereARowHasNone) {
  Record row = incorrect_row();
  row.variant = "engine/mine";
  EXPECT_THAT(markdown_summary({row}, {}), Not(HasSubstr("<code>")));
}

TEST(Markdown, SaysThatNothingRan) {
  EXPECT_THAT(markdown_summary({}, {}), HasSubstr("**Nothing ran**"));
  EXPECT_THAT(markdown_summary({check_row()}, {}), HasSubstr("**✓ 1 result passed**"));
  EXPECT_THAT(markdown_summary({check_row(), check_row()}, {}),
              HasSubstr("**✓ All 2 results passed**"));
  EXPECT_THAT(markdown_summary({incorrect_row()}, {}), HasSubstr("**✗ 1 of 1 result failed**"));
}

TEST(Markdown, PutsSlowerCasesIntoItsFirstLineAndCountsTheOthers) {
  const std::string summary =
      markdown_summary({synthetic::compare_row("tokens=1,out=64,in=64,bf16", "slower", 1.08),
                        synthetic::compare_row("tokens=2,out=64,in=64,bf16", "same", 1.001)},
                       {});
  EXPECT_THAT(summary, HasSubstr("**✗ 1 slower than the baseline**"));
  EXPECT_THAT(summary, HasSubstr("1 same, 1 slower."));
  EXPECT_THAT(summary, HasSubstr("| +8.0 % | +2.6 % .. +13.4 % | 0123abc |"));
  EXPECT_THAT(summary, Not(HasSubstr("tokens=2,out=64")));
}

TEST(Markdown, LetsNoTextBecomeMarkup) {
  Record row = incorrect_row();
  row.kernel = "a|b";
  row.message = "</code><script>x</script> [link](http://e) @name `tick` \n# head";
  const std::string summary = markdown_summary({row}, {});
  for (const char* sign : {"<script", "[link", "`tick", "@name", "\n# ", "a|b"}) {
    EXPECT_THAT(summary, Not(HasSubstr(sign)));
  }
}

TEST(Markdown, StaysBelowWhatAForgeTakes) {
  std::vector<Record> many(5000, incorrect_row());
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i].message = std::string(4000, '<');
    many[i].axes = "n=" + std::to_string(i);
  }
  const std::string summary = markdown_summary(many, {});
  EXPECT_LT(summary.size(), 65536U);
  EXPECT_THAT(summary, HasSubstr("- and 4980 more"));
}

}  // namespace
}  // namespace kernelgate
