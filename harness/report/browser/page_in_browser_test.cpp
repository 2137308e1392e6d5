// Renders sample records in headless Chromium and checks that the final document contains the
// records' values. Skipped, with a message, if Chromium is missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "harness/report/browser/sample_run.hpp"
#include "harness/report/page.hpp"

namespace kernelgate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Found through a shell, because the browser is started by one, with its output sent to files.
std::string chromium() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    const std::string find = std::string("command -v ") + name + " >/dev/null 2>&1";
    if (std::system(find.c_str()) == 0) return name;  // NOLINT(bugprone-command-processor)
  }
  return {};
}

struct Rendered {
  std::string document;  // after all scripts ran
  std::string log;       // of the browser, its console among it
};

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t start = text.find(from);
  if (start == std::string::npos) return {};
  const std::size_t end = text.find(to, start + from.size());
  return text.substr(start + from.size(), end - start - from.size());
}

// The visible text, without tags.
std::string visible(const std::string& html) {
  std::string out;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') inside = true;
    if (!inside) out += c;
    if (c == '>') inside = false;
  }
  return out;
}

class PageInBrowser : public ::testing::Test {
 protected:
  // Once for all tests: a browser takes seconds to start.
  static void SetUpTestSuite() {
    browser = chromium();
    if (browser.empty()) return;
    const synthetic::Folder folder;
    rows = synthetic::sample_run();
    for (const auto& more : {synthetic::sample_benches(), synthetic::sample_forwards()}) {
      rows.insert(rows.end(), more.begin(), more.end());
    }
    PageText text;
    text.title = "Kernels of this host <&>";
    text.subtitle = "a run that never was";
    text.command = "kernelgate validate --suite smoke";
    write_page(folder / "page.html", rows, text);
    if (const char* keep = std::getenv("KERNELGATE_KEEP_PAGE")) write_page(keep, rows, text);
    const std::string command =
        browser +
        " --headless --no-sandbox --disable-gpu --enable-logging=stderr --v=0 "
        "--user-data-dir=" +
        (folder / "profile").string() +
        " --virtual-time-budget=10000 --dump-dom "
        "file://" +
        (folder / "page.html").string() + " >" + (folder / "dom").string() + " 2>" +
        (folder / "log").string();
    status = std::system(command.c_str());  // NOLINT(bugprone-command-processor)
    rendered.document = synthetic::read_all(folder / "dom");
    rendered.log = synthetic::read_all(folder / "log");
  }
  void SetUp() override {
    if (browser.empty()) GTEST_SKIP() << "no chromium on this machine: the page was not rendered";
    ASSERT_EQ(status, 0) << rendered.log;
  }
  static std::string table(const std::string& id) {
    return between(rendered.document, "<table id=\"" + id + "\"", "</table>");
  }
  static std::string cells(const std::string& id, const std::string& case_id) {
    const std::string row = between(table(id), "<tr data-id=\"" + case_id + "\"", "</tr>");
    std::string text;
    for (std::size_t at = row.find("<td"); at != std::string::npos; at = row.find("<td", at + 1)) {
      text += visible(row.substr(at, row.find("</td>", at) - at)) + "|";
    }
    return text;
  }

  static inline std::string browser;
  static inline int status = 0;
  static inline Rendered rendered;
  static inline std::vector<Record> rows;
};

TEST_F(PageInBrowser, LeavesNoMessageInTheConsole) {
  EXPECT_THAT(rendered.log, Not(HasSubstr("CONSOLE")));
  EXPECT_THAT(between(rendered.document, "<p id=\"fault\"", "</p>"), HasSubstr("hidden"));
}

TEST_F(PageInBrowser, CountsPassedAndFailedAsTheRecordsDo) {
  // 9 kernels x 4 variants x 3 types x 3 shapes x 2 modes; oneDNN's f16 rows are unsupported.
  const int checks = 648;
  const int unsupported = 9 * 3 * 2;
  const int failed = 3;  // one incorrect, one crashed, one that failed the recheck
  const auto judged = static_cast<int>(rows.size()) - unsupported;
  EXPECT_THAT(rendered.document, HasSubstr(std::to_string(failed) + " of " +
                                           std::to_string(judged) + " results failed"));
  const std::string tiles = visible(between(rendered.document, "<div id=\"tiles\"", "<dl"));
  EXPECT_THAT(tiles, HasSubstr(std::to_string(checks - unsupported - 2) + "cases correct"));
  EXPECT_THAT(tiles, HasSubstr("3failed"));
  EXPECT_THAT(tiles, HasSubstr("54unsupported"));
  EXPECT_THAT(tiles, HasSubstr("4whole-model results correct"));
  EXPECT_THAT(tiles, HasSubstr(std::to_string(synthetic::sample_benches().size() - 1) + "timed"));
}

TEST_F(PageInBrowser, ShowsPortableTunedAndVendorCodeOfACaseSideBySide) {
  // Percentages of the roofline of linear: 61, 84 and 88, so 84 / 61 and 88 / 61 times as fast.
  const std::string cases = visible(table("compared-cases"));
  for (const char* text : {"kokkos/cpu", "baseline/onednn", "61.0 %", "1.38×", "1.44×"}) {
    EXPECT_THAT(cases, HasSubstr(text));
  }
  const std::string metric = visible(table("origins"));
  for (const char* text : {"portable", "tuned", "vendor"}) EXPECT_THAT(metric, HasSubstr(text));
}

TEST_F(PageInBrowser, ShowsTheFiguresOfATimedRow) {
  // 4 MB and 8 MFLOP in 0.5 ms under 10 GB/s and 100 GFLOP/s; quartiles 0.03 ms apart.
  EXPECT_THAT(
      cells("benches", "linear/kokkos/tokens=7,out=64,in=64,bf16"),
      HasSubstr("linear|kokkos|tokens=7,out=64,in=64,bf16|cold|500 µs ±3.0 %|8.00|16.0|80.0|"
                "memory||1.25× faster|measured|rerun"));
  EXPECT_THAT(cells("benches", "router/kokkos/tokens=512,experts=16,f32"),
              HasSubstr("|✗ failed_recheck||||memory|||measured|rerun"));
}

TEST_F(PageInBrowser, SaysTheKindOfItsFigures) {
  EXPECT_THAT(visible(between(rendered.document, "<p id=\"speed-note\"", "</p>")),
              HasSubstr("All figures are measured."));
}

TEST_F(PageInBrowser, PutsAWrongCaseFirstWithItsMessageAndCommand) {
  const std::string body = between(table("checks"), "<tbody>", "</tbody>");
  const std::string first = between(body, "<tr", "</tr>");
  EXPECT_THAT(first, HasSubstr("incorrect"));
  EXPECT_THAT(first, HasSubstr("columns 96..127"));
  EXPECT_THAT(first, HasSubstr("kernelgate check --case " + rows[41].id()));
}

TEST_F(PageInBrowser, CountsACellOfTheMatrixAsTheRecordsDo) {
  const std::string matrix = table("variants");
  EXPECT_THAT(matrix, HasSubstr("linear kokkos bf16 exact: 3 of 3 passed"));
  const Record& wrong = rows[41];
  EXPECT_THAT(matrix, HasSubstr(wrong.kernel + " " + wrong.variant + " " + wrong.dtype + " " +
                                std::string(name(*wrong.data)) + ": 2 of 3 passed"));
  EXPECT_THAT(matrix, HasSubstr("linear baseline/onednn f16 real: unsupported, 3"));
}

TEST_F(PageInBrowser, CountsAKernelOnADeviceWithoutTheReference) {
  // linear in bf16: kokkos, kokkos/cpu and oneDNN on 3 shapes x 2 modes.
  EXPECT_THAT(table("matrix"),
              HasSubstr("linear bf16 on Fast CPU, 2 GHz, 2 threads, measured: 18 of 18 passed"));
}

TEST_F(PageInBrowser, LetsNoTextOfARecordBecomeMarkup) {
  EXPECT_EQ(between(rendered.document, "<title>", "</title>"),
            "Kernels of this host &lt;&amp;&gt;");
  EXPECT_THAT(table("checks"), HasSubstr("&lt;/script&gt;&lt;script&gt;document.title"));
}

TEST_F(PageInBrowser, DrawsEveryChartOrSaysThatThereAreNone) {
  const std::string none = between(rendered.document, "<p id=\"charts-none\"", ">");
  if (!page_has_charts()) {
    EXPECT_THAT(none, Not(HasSubstr("hidden")));
    return;
  }
  EXPECT_THAT(none, HasSubstr("hidden"));
  EXPECT_THAT(rendered.document, HasSubstr("Bar chart of % of the roofline for 22 timed cases;"));
  EXPECT_THAT(rendered.document, HasSubstr("for 9 timed cases;"));  // rows with a ratio
  EXPECT_THAT(rendered.document, HasSubstr("Roofline of 22 timed cases under 100 GFLOP/s"));
}

}  // namespace
}  // namespace kernelgate
