#include "harness/report/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "harness/records/synthetic.hpp"
#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

using synthetic::bench_row;
using synthetic::check_row;
using synthetic::incorrect_row;
using ::testing::HasSubstr;
using ::testing::Not;

// Words of the first line that begins with `start`.
std::vector<std::string> words(const std::string& table, const std::string& start) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(start)) continue;
    std::istringstream in(line);
    return {std::istream_iterator<std::string>(in), {}};
  }
  return {};
}

Record exact_row() {
  Record row = check_row();
  row.data = DataMode::exact;
  row.worst_error_ratio = std::nullopt;
  return row;
}

TEST(CheckTable, CountsStatusesAndBothKindsOfDataOfAVariant) {
  Record refused = exact_row();
  refused.status = Status::unsupported;
  const std::string table = check_table(
      std::vector{check_row(), check_row(), exact_row(), refused, incorrect_row(), bench_row()});
  using Words = std::vector<std::string>;
  // passed, incorrect, failed recheck, crashed, unsupported, exact, real, worst
  EXPECT_EQ(words(table, "linear"),
            (Words{"linear", "kokkos", "3", "1", "0", "0", "1", "1/1", "2/3", "151.50"}));
  EXPECT_EQ(words(table, "all"), (Words{"all", "3", "1", "0", "0", "1", "1/1", "2/3", "151.50"}));
}

TEST(CheckTable, GivesNoWorstShareOfAVariantThatNeverEnded) {
  Record died = check_row();
  died.status = Status::crashed;
  died.worst_error_ratio = std::nullopt;
  const std::string table = check_table(std::vector{died});
  using Words = std::vector<std::string>;
  EXPECT_EQ(words(table, "linear"),
            (Words{"linear", "kokkos", "0", "0", "0", "1", "0", "-", "0/1", "-"}));
}

TEST(CheckTable, IsEmptyWithoutRowsOfItsKind) {
  EXPECT_EQ(check_table({}), "");
  EXPECT_EQ(check_table(std::vector{bench_row()}), "");
  EXPECT_EQ(bench_table(std::vector{check_row()}), "");
}

TEST(BenchTable, ShowsTimeRatesFloorAndRatioInWords) {
  // 4 MB and 8 MFLOP in 0.5 ms: 8 GB/s and 16 GFLOP/s; quartiles 0.03 ms apart: 3 % each way.
  const std::string table = bench_table(std::vector{bench_row()});
  EXPECT_THAT(table, HasSubstr("bench, measured"));
  EXPECT_EQ(
      words(table, "linear"),
      (std::vector<std::string>{"linear/kokkos/tokens=7,out=64,in=64,bf16", "cold", "500", "us",
                                "+-3.0", "%", "8.00", "16.0", "80.0", "1.25x", "faster"}));
  EXPECT_THAT(table, HasSubstr("baseline: baseline/onednn"));
}

TEST(BenchTable, MarksATimeOfDisturbedSamplesAndPrintsNoRatioWithoutAnUndisturbedPair) {
  Record row = bench_row();
  row.samples = row.disturbed_samples = 3;
  row.ratio_to_baseline = std::nullopt;
  const std::string table = bench_table(std::vector{row});
  EXPECT_EQ(words(table, "linear"),
            (std::vector<std::string>{"linear/kokkos/tokens=7,out=64,in=64,bf16", "cold", "500",
                                      "us*", "+-3.0", "%", "8.00", "16.0", "80.0", "-"}));
  EXPECT_THAT(table, HasSubstr("baseline: baseline/onednn"));
  row.disturbed_samples = 2;  // one sample counts: no spread and no mark
  EXPECT_THAT(bench_table(std::vector{row}), HasSubstr("500 us "));
}

TEST(BenchTable, KeepsKindsOfFiguresApartAndNamesThem) {
  Record modelled = bench_row();
  modelled.provenance = Provenance::modelled;
  const std::string table = bench_table(std::vector{modelled, bench_row()});
  const std::size_t first = table.find("bench, measured");
  const std::size_t second = table.find("bench, modelled");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(first, second);
}

TEST(BenchTable, SaysWhyARowHasNoTime) {
  Record row = bench_row();
  row.status = Status::failed_recheck;
  row.time_median_seconds = std::nullopt;
  row.message = "wrong when verified again";
  const std::string table = bench_table(std::vector{row});
  EXPECT_THAT(table, HasSubstr("failed_recheck: wrong when verified again"));
  EXPECT_THAT(table, Not(HasSubstr("GB/s 0")));
}

TEST(Table, StaysWithinItsWidthForLongNames) {
  Record row = bench_row();
  row.kernel = std::string(60, 'k');
  row.variant = std::string(60, 'v');
  row.message = std::string(400, 'm');
  row.time_median_seconds = 123456.0;
  row.ratio_to_baseline = 12345.6;
  row.baseline = std::string(200, 'b');
  Record untimed = row;
  untimed.time_median_seconds = std::nullopt;
  Record checked = row;
  checked.row = RowKind::check;
  const std::vector rows{row, untimed, checked};
  std::istringstream lines(check_table(rows) + bench_table(rows));
  for (std::string line; std::getline(lines, line);) {
    std::size_t characters = 0;
    for (const char c : line) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    EXPECT_LE(characters, table_width) << line;
  }
}

}  // namespace
}  // namespace kernelgate
