#include "harness/model/throughput_cell.hpp"

#include <gtest/gtest.h>

namespace kernelgate {
namespace {

model::ThroughputRun run(double seconds, std::optional<bool> disturbed) {
  model::ThroughputRun run;
  run.seconds = seconds;
  run.disturbed = disturbed;
  run.work = {.bytes = 4, .flops = 2};
  run.kernels["linear"] = {seconds, 1, "kokkos"};
  return run;
}

MeasuredCell cell(std::vector<model::ThroughputRun> runs) {
  MeasuredCell m;
  m.runs = std::move(runs);
  m.bandwidth = 4;  // bytes per second: the roofline time is 1 s
  m.peak = 100;
  return m;
}

TEST(ThroughputCell, LeavesADisturbedRepetitionOutOfTheRecordedTimes) {
  Record row;
  fill(row, cell({run(2, false), run(30, true), run(4, false)}));
  EXPECT_EQ(row.samples, 3);
  EXPECT_EQ(row.disturbed_samples, 1);
  EXPECT_EQ(row.time_median_seconds, 3);
  EXPECT_EQ(row.time_low_seconds, 2.5);
  EXPECT_EQ(row.time_high_seconds, 3.5);
  EXPECT_DOUBLE_EQ(*row.percent_of_roofline, 100.0 / 3);
}

TEST(ThroughputCell, CountsDisturbedRepetitionsWhereThereAreNoOthers) {
  Record row;
  fill(row, cell({run(2, true), run(30, true)}));
  EXPECT_EQ(row.disturbed_samples, 2);
  EXPECT_EQ(row.time_median_seconds, 16);
}

TEST(ThroughputCell, RecordsNoMarksWhereTheSystemShowsNone) {
  Record row;
  fill(row, cell({run(2, std::nullopt), run(30, std::nullopt)}));
  EXPECT_FALSE(row.disturbed_samples.has_value());
}

TEST(ThroughputCell, PrintsHowManyRepetitionsWereDisturbed) {
  ::testing::internal::CaptureStdout();
  print_cell({.prompt = 6}, cell({run(2, false), run(30, true), run(4, false)}));
  const std::string text = ::testing::internal::GetCapturedStdout();
  // 6 tokens in 3 s, quartiles 6 / 3.5 and 6 / 2.5
  EXPECT_NE(text.find("2.00        1.71 .. 2.40"), std::string::npos) << text;
  EXPECT_NE(text.find("disturbed 1 of 3 samples, left out of the times"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace kernelgate
