// Tests the pages of a synthetic kernel, and broken pages that must be rejected.
#include "harness/support/support_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/report/markdown.hpp"
#include "harness/support/coverage.hpp"
#include "harness/support/synthetic_kernel.hpp"

namespace kernelgate {
namespace {

using synthetic::native_row;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<Record> runs() {
  std::vector<Record> records{native_row("rows=10,f32", "tiny", Status::unsupported),
                              native_row("rows=10,f32", "nv-sm75", Status::passed)};
  for (std::uint64_t s = 0; s < 20; ++s) {
    records.push_back(native_row("rows=1,f32", "nv-sm75", Status::passed, s));
  }
  Record host;
  host.kernel = "plain";
  host.variant = "kokkos";
  host.axes = "rows=1,f32";
  records.push_back(host);
  host.axes = "rows=2,f32";
  host.status = Status::incorrect;
  records.push_back(host);
  host.axes = "rows=3,f32";
  host.status = Status::unsupported;
  records.push_back(host);
  host.axes = "rows=1,f32";  // one data mode is unsupported, the other ran
  records.push_back(host);
  return records;
}

std::string page(const Registry& registry) {
  const std::vector<Record> records = runs();
  ResourceRow compiled;
  compiled.kernel = "plain<f32,w32>";
  compiled.profile = "nv-sm80";
  const std::vector<ResourceRow> rows{compiled};
  const std::vector<std::string> compilers{"nvcc-13.0.88"};
  return support_page(support_table(registry, records, rows), records, compilers);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "no '" << from << "' in\n" << text;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

/// The first line that begins with `start`, with its line end.
std::string line_of(const std::string& text, const std::string& start) {
  const std::size_t at = text.find("\n" + start) + 1;
  return text.substr(at, text.find('\n', at) + 1 - at);
}

TEST(SupportPage, CountsTheFailedOfWhatIsCovered) {
  const Registry registry = synthetic::registry();
  std::vector<Record> records = runs();
  for (Record& r : records) {
    if (r.device == "nv-sm75" && r.status == Status::passed) r.status = Status::incorrect;
  }
  EXPECT_THAT(support_page(support_table(registry, records, {}), records, {}),
              HasSubstr("**failed 2**<br>covered 2 by nv-sm75 (w32), 2 failed<br>"));
}

TEST(SupportPage, SaysWhatPassedIsCompiledAndIsRefused) {
  const std::string text = page(synthetic::registry());
  EXPECT_THAT(text, HasSubstr("| plain/native | modelled 2<br>not compiled | modelled 2<br>"
                              "covered 2 by nv-sm75 (w32)<br>compiled 1/1 | modelled 2<br>"
                              "covered 2 by nv-sm75 (w32)<br>not compiled |"));
  EXPECT_THAT(
      text,
      HasSubstr("| plain/native | modelled 1<br>covered 1 by nv-sm75 (w32)<br>unsupported 1 (1) "
                "| not run 2 |"));
  EXPECT_THAT(text, HasSubstr("\n1. plain/native: plain<TYPE,w32> needs 32768 B of LDS, DEVICE "
                              "gives 16384 B\n"));
  EXPECT_THAT(text, HasSubstr("| plain/native | f32 | 2 | yes: no sums | waves of 32: 20 schedules "
                              "agree (nv-sm75, `rows=1,f32`) |"));
  EXPECT_THAT(text, HasSubstr("results/resources, nvcc-13.0.88."));
}

TEST(SupportPage, HoldsAgainstTheBuildThatWroteIt) {
  const Registry registry = synthetic::registry();
  EXPECT_THAT(support_page_faults(registry, page(registry)), IsEmpty());
}

TEST(SupportPage, IsRefusedWithoutAVariantOrWithOneTooMany) {
  const Registry registry = synthetic::registry();
  const std::string good = page(registry);
  const std::string row = line_of(good, "| plain/native |");
  EXPECT_THAT(support_page_faults(registry, replaced(good, row, "")),
              ElementsAre("NVIDIA: no row 'plain/native'"));
  EXPECT_THAT(support_page_faults(registry, replaced(good, row, row + row)),
              ElementsAre("NVIDIA: row 'plain/native' occurs twice"));
  const std::string foreign = replaced(row, "plain/native", "plain/native/gone");
  EXPECT_THAT(support_page_faults(registry, replaced(good, row, row + foreign)),
              ElementsAre("NVIDIA: row 'plain/native/gone' is no native variant of this build"));
  EXPECT_THAT(support_page_faults(registry, replaced(good, "modelled 2<br>not compiled", "")),
              ElementsAre("NVIDIA: row 'plain/native' has an empty cell"));
  EXPECT_THAT(support_page_faults(registry, replaced(good, "| modelled 2<br>not compiled ", "")),
              ElementsAre(HasSubstr("has 7 cells, expected 8")));
}

TEST(SupportPage, IsRefusedWithoutAProfileOrWithAnotherClaim) {
  const Registry registry = synthetic::registry();
  const std::string good = page(registry);
  EXPECT_THAT(support_page_faults(registry, replaced(good, " amd-gfx950 |", "")),
              ElementsAre(HasSubstr("AMD: no table with the header '| variant | amd-gfx90a |")));
  EXPECT_THAT(
      support_page_faults(synthetic::registry({false, "atomics"}), good),
      ElementsAre(
          "variants: row 'plain/native' has the determinism claim 'yes: no sums', declared is "
          "'no: atomics'"));
  EXPECT_THAT(support_page_faults(registry, ""), testing::SizeIs(4));
  for (const char* words : {"19 schedules agree, too few", "20 schedules **differ**"}) {
    EXPECT_THAT(support_page_faults(registry, replaced(good, "20 schedules agree", words)),
                ElementsAre(HasSubstr("declares reproducible bits, and their test says")));
  }
}

TEST(Coverage, CountsCasesOnTheHostAndDevices) {
  const Registry registry = synthetic::registry();
  const std::vector<Record> records = runs();
  const std::string table = coverage_table(registry, support_table(registry, records, {}), records);
  // 12 of the 17 profiles have waves of 32, tiny among them
  EXPECT_EQ(line_of(table, "| plain |"),
            "| plain | `y = \\|x\\|` | 1/2 | 12/17 (1 run) | 0/15 |\n");
  EXPECT_THAT(table, HasSubstr("\nNo kernel was run on a GPU.\n"));
}

TEST(Coverage, CountsACompiledTarget) {
  const Registry registry = synthetic::registry();
  ResourceRow compiled;
  compiled.kernel = "plain<f32,w32>";
  compiled.profile = "nv-sm80";
  const std::vector<ResourceRow> rows{compiled};
  const std::string table = coverage_table(registry, support_table(registry, runs(), rows), {});
  EXPECT_THAT(table, HasSubstr("| 0/0 (not run: kokkos) | 12/17 (1 run) | 1/15 |\n"));
}

TEST(Coverage, HasAColumnForGpusThatWereMeasured) {
  const Registry registry = synthetic::registry();
  std::vector<Record> records = runs();
  records.push_back(native_row("rows=1,f32", "nv-sm80", Status::passed));
  records.back().backend = Backend::cuda;
  records.back().provenance = Provenance::measured;
  const std::string table = coverage_table(registry, support_table(registry, records, {}), records);
  EXPECT_THAT(table, HasSubstr("| GPU: devices passed |\n"));
  EXPECT_THAT(table, HasSubstr("| 12/17 (1 run) | 0/15 | 1/15 |\n"));
  EXPECT_THAT(table, Not(HasSubstr("No kernel was run")));
  const std::string page =
      with_coverage(std::string(coverage_begin) + std::string(coverage_end), table, "README.md");
  EXPECT_THAT(coverage_faults(registry, page, "README.md"), IsEmpty());
}

TEST(Coverage, IsHeldAgainstTheBuild) {
  const Registry registry = synthetic::registry();
  const std::string frame = "a\n" + std::string(coverage_begin) + std::string(coverage_end) + "b\n";
  const std::string whole = with_coverage(
      frame, coverage_table(registry, support_table(registry, {}, {}), {}), "README.md");
  EXPECT_TRUE(whole.starts_with("a\n") && whole.ends_with("b\n"));
  EXPECT_THAT(with_coverage(whole, "", "README.md"), frame);
  const auto faults = [&](const std::string& text) {
    return coverage_faults(registry, text, "README.md");
  };
  EXPECT_THAT(faults(whole), IsEmpty());
  const std::string row = line_of(whole, "| plain |");
  EXPECT_THAT(faults(replaced(whole, row, "")), ElementsAre("no row 'plain'"));
  EXPECT_THAT(faults(replaced(whole, row, row + row)), ElementsAre("row 'plain' occurs twice"));
  EXPECT_THAT(faults(replaced(whole, "| plain |", "| plane |")),
              ElementsAre("row 'plane' is no kernel of this build", "no row 'plain'"));
  EXPECT_THAT(faults(replaced(whole, "y = ", "z = ")),
              ElementsAre(HasSubstr("computes `z = |x|`")));
  EXPECT_THAT(faults(replaced(whole, "0/17 (0 run)", "0/16 (0 run)")),
              ElementsAre("row 'plain', column 'source executor: profiles passed': got '0/16 (0 "
                          "run)', expected 17 devices"));
  EXPECT_THAT(faults(replaced(whole, "| 0/15 |", "| – |")),
              ElementsAre("row 'plain', column 'compiled for GPU targets': got '–', expected 15 "
                          "devices"));
  EXPECT_THAT(faults(replaced(whole, "| 0/0 (not run: kokkos) |", "| – |")),
              ElementsAre("row 'plain', column 'host: cases passed': got '–'"));
  EXPECT_THAT(faults(replaced(whole, "(not run: kokkos)", "(not run: kokkos, kokkos/gone)")),
              ElementsAre("row 'plain' names 'kokkos/gone', which is no variant of this build"));
  EXPECT_THROW(faults("no markers"), BadInput);
}

TEST(Markdown, ReadsBackWhatItWrites) {
  const std::string page = "text | no table\n" + markdown::head({"a", "b|c"}) +
                           markdown::line({"", "`x|y`"}) + "\n" + markdown::head({"d"});
  const auto tables = markdown::tables(page);
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_THAT(tables[0], ElementsAre(ElementsAre("a", "b|c"), ElementsAre("", "`x|y`")));
  EXPECT_THAT(tables[1], ElementsAre(ElementsAre("d")));
}

}  // namespace
}  // namespace kernelgate
