#include "harness/report/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

using synthetic::bench_row;
using synthetic::check_row;
using synthetic::incorrect_row;
using ::testing::HasSubstr;
using ::testing::Not;

int count(const std::string& text, const std::string& what) {
  int found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

std::string data_text(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t start = page.find(open) + open.size();
  return page.substr(start, page.find("</script>", start) - start);
}

nlohmann::json data_of(const std::vector<Record>& records, const PageText& text = {}) {
  return nlohmann::json::parse(data_text(page_html(records, text)));
}

TEST(Page, HoldsEveryFigureOfARecordAndLeavesAbsentOnesOut) {
  const nlohmann::json data = data_of({bench_row(), check_row()});
  const nlohmann::json& bench = data["rows"][0];
  EXPECT_EQ(bench["time_median_seconds"], 0.0005);
  EXPECT_EQ(bench["bytes"], 4000000);
  EXPECT_EQ(bench["ratio_to_baseline"], 0.8);
  EXPECT_EQ(bench["provenance"], "measured");
  EXPECT_EQ(bench["seed"], "18446744073709551615");  // as text: a script's number would round it
  EXPECT_FALSE(bench.contains("worst_error_ratio"));
  EXPECT_FALSE(data["rows"][1].contains("time_median_seconds"));
  EXPECT_THAT(data["rows"][1]["repro_command"],
              "kernelgate check --case linear/kokkos/tokens=7,out=64,"
              "in=64,bf16 --data real --seed 18446744073709551615");
}

TEST(Page, HoldsTheSpreadOfATimeOnlyWhereMoreThanOneSampleCounts) {
  Record row = bench_row();  // quartiles 0.49 and 0.52 ms of 0.5 ms
  EXPECT_NEAR(data_of({row})["rows"][0]["spread_percent"].get<double>(), 3, 1e-9);
  row.samples = 3;
  row.disturbed_samples = 2;
  EXPECT_FALSE(data_of({row})["rows"][0].contains("spread_percent"));
}

TEST(Page, HoldsNoCommandOfARowThatHasNone) {
  Record row = check_row();
  EXPECT_TRUE(data_of({row})["rows"][0].contains("repro_command"));
  row.variant = "engine/mine";
  EXPECT_FALSE(data_of({row})["rows"][0].contains("repro_command"));
}

TEST(Page, KeepsAnInfiniteRatioAsAWord) {
  Record row = incorrect_row();
  row.worst_error_ratio = std::numeric_limits<double>::infinity();
  EXPECT_EQ(data_of({row})["rows"][0]["worst_error_ratio"], "inf");
}

TEST(Page, ListsEveryEnvironmentOnce) {
  Record other = check_row();
  other.environment.commit = "def5678";
  const nlohmann::json data = data_of({check_row(), other, check_row()});
  ASSERT_EQ(data["environments"].size(), 2U);
  EXPECT_EQ(data["environments"][1]["commit"], "def5678");
  EXPECT_FALSE(data["environments"][0].contains("host"));
  EXPECT_EQ(data["rows"][0]["environment"], 0);
  EXPECT_EQ(data["rows"][1]["environment"], 1);
  EXPECT_EQ(data["rows"][2]["environment"], 0);
}

TEST(Page, HoldsPortableTunedAndVendorCodeOfACaseSideBySide) {
  Record portable = bench_row(), tuned = bench_row(), vendor = bench_row(), slow = bench_row();
  portable.time_median_seconds = 0.001;  // the roofline time is 0.0004 s
  tuned.variant = "kokkos/cpu";
  slow.variant = "kokkos/cpu-bf16";
  slow.time_median_seconds = 0.004;
  vendor.variant = "baseline/onednn";
  vendor.status = Status::unsupported;
  vendor.time_median_seconds = vendor.roofline_seconds = std::nullopt;
  const nlohmann::json data = data_of({portable, tuned, slow, vendor});
  ASSERT_EQ(data["compared_cases"].size(), 1U);
  const nlohmann::json& line = data["compared_cases"][0];
  EXPECT_EQ(line["portable"]["seconds"], 0.001);
  EXPECT_EQ(line["portable"]["of_roofline"], 0.4);
  EXPECT_FALSE(line["portable"].contains("ratio"));
  EXPECT_EQ(line["tuned"]["variant"], "kokkos/cpu");
  EXPECT_EQ(line["tuned"]["ratio"], 2);
  EXPECT_EQ(line["vendor"]["variant"], "baseline/onednn");
  EXPECT_EQ(line["vendor"]["status"], "unsupported");
  EXPECT_FALSE(line["vendor"].contains("seconds"));
  const nlohmann::json& metric = data["portability_by_origin"];
  ASSERT_EQ(metric.size(), 3U);
  EXPECT_EQ(metric[0]["variant"], "portable");
  EXPECT_EQ(metric[0]["of_best"], 0.5);
  EXPECT_EQ(metric[1]["variant"], "tuned");
  EXPECT_EQ(metric[1]["of_best"], 1);
  EXPECT_EQ(metric[2]["variant"], "vendor");
  EXPECT_EQ(metric[2]["of_best"], 0);
}

TEST(Page, LetsNoTextEndItsScriptOrReplaceItsTemplate) {
  Record row = incorrect_row();
  row.message = "</script><script>alert(1)</script><!-- {{script}} {{data}} \xff";
  PageText text;
  text.title = "<b>{{data}}</b>";
  const std::string plain = page_html({incorrect_row()}, {});
  const std::string page = page_html({row}, text);
  EXPECT_EQ(count(page, "</script>"), count(plain, "</script>"));
  EXPECT_EQ(count(page, "<script"), count(plain, "<script"));
  EXPECT_EQ(count(page, "<!--"), count(plain, "<!--"));
  EXPECT_THAT(page, HasSubstr("<title>&lt;b&gt;{{data}}&lt;/b&gt;</title>"));
  const nlohmann::json data = nlohmann::json::parse(data_text(page));
  EXPECT_EQ(data["rows"][0]["message"],
            "</script><script>alert(1)</script><!-- {{script}} {{data}} \\xff");
}

TEST(Page, LoadsNothingFromOutside) {
  const std::string page = page_html({bench_row()}, {});
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const std::string_view sign : {"<link", " src=", "url(", "@import", "fetch("}) {
    std::string own = page;
    if (const std::size_t at = own.find("Chart.js ("); at != std::string::npos) {
      own.erase(at, own.find("</script>", at) - at);  // the library's own text
    }
    EXPECT_THAT(own, Not(HasSubstr(std::string(sign))));
  }
}

TEST(Page, KeepsTheLicenceOfItsChartsBesideThem) {
  const std::string page = page_html({}, {});
  if (page_has_charts()) {
    EXPECT_THAT(page, HasSubstr("Permission is hereby granted, free of charge"));
    EXPECT_THAT(page, HasSubstr("Chart.js Contributors"));
  } else {
    EXPECT_THAT(page, HasSubstr("built without Chart.js"));
  }
}

TEST(Page, HoldsWhichRunCoversACell) {
  Record row = check_row();
  row.variant = "native";
  row.backend = Backend::source;
  row.provenance = Provenance::modelled;
  row.device = "nv-sm75";
  PageText text;
  text.covers = [](const Record&) { return std::vector<std::string>{"nv-sm90"}; };
  const nlohmann::json matrix = data_of({row}, text)["matrix"];
  ASSERT_EQ(matrix["cells"].size(), 2U);
  EXPECT_FALSE(matrix["cells"][0].contains("covered"));
  const nlohmann::json& covered = matrix["cells"][1];
  EXPECT_EQ(covered["tier"], "nv-sm90");
  EXPECT_EQ(covered["ran"], 0);
  EXPECT_EQ(covered["covered"]["ran"], 1);
  EXPECT_EQ(covered["covered"]["by"][0], "nv-sm75");
  EXPECT_EQ(covered["covered"]["words"], "covered 1 by nv-sm75 (w32)");
}

TEST(Page, TakesTheCommandsOfTheOneWhoWritesIt) {
  PageText text;
  text.repro_command = [](const Record& record) { return "./run " + record.kernel; };
  EXPECT_EQ(data_of({check_row()}, text)["rows"][0]["repro_command"], "./run linear");
}

}  // namespace
}  // namespace kernelgate
