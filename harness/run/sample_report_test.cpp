#include "harness/run/sample_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kernelgate {
namespace {

using ::testing::HasSubstr;

std::string error_message(const std::string& output) {
  try {
    read_sample_line(output, "some/kernelgate");
  } catch (const BadInput& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(SampleReport, ReadsBackWhatItWroteBehindOtherOutput) {
  SampleReport report;
  report.message = "line \"one\"";
  report.seconds = {0.1 + 0.2, 1e-9};
  report.marks_shown = true;
  report.marked = {1};
  report.instructions = 1234.5;
  report.bytes = 77;
  report.commit = "abc1234";
  report.threads = 2;
  const SampleReport back =
      read_sample_line("a warning\n" + sample_line(report) + "\nmore\n", "program");
  EXPECT_EQ(back.message, report.message);
  EXPECT_EQ(back.seconds, report.seconds);
  EXPECT_EQ(back.marked, report.marked);
  EXPECT_TRUE(back.marks_shown);
  EXPECT_EQ(back.instructions, 1234.5);
  EXPECT_FALSE(back.cycles.has_value());
  EXPECT_EQ(back.bytes, 77);
  EXPECT_EQ(back.commit, "abc1234");
  EXPECT_EQ(back.threads, 2);
}

// The marks of such a build cover throttling only, not disturbances by other programs.
TEST(SampleReport, OfABuildFromBeforeWaitingWasWatchedHasNoMarks) {
  const SampleReport report = read_sample_line(
      R"(kernelgate-sample {"status": "passed", "seconds": [0.5, 0.6], "marked": [1]})", "old");
  EXPECT_TRUE(report.marked.empty());
  EXPECT_FALSE(report.marks_shown);
}

TEST(SampleReport, OfABuildWithoutLaterFieldsIsRead) {
  const SampleReport report =
      read_sample_line(R"(kernelgate-sample {"status": "passed", "seconds": [0.5]})", "old");
  EXPECT_EQ(report.seconds, std::vector<double>{0.5});
  EXPECT_FALSE(report.marks_shown);
}

TEST(SampleReport, RefusesWhatNoReportSaysAndNamesTheProgram) {
  EXPECT_THAT(error_message("hello\n"),
              HasSubstr("some/kernelgate: expected a line 'kernelgate-sample "));
  for (const char* said : {R"({"status": "perfect"})", R"({"status": "passed", "seconds": [0]})",
                           R"({"status": "passed", "seconds": [1e999]})",
                           R"({"status": "passed", "seconds": [1], "marked": [1]})",
                           R"({"status": "passed", "seconds": [1, 2], "marked": [1, 0]})",
                           R"({"status": "passed", "seconds": "x"})", "{", ""}) {
    EXPECT_THAT(error_message(std::string("kernelgate-sample ") + said),
                HasSubstr("some/kernelgate: its command sample printed an invalid report"))
        << said;
  }
}

}  // namespace
}  // namespace kernelgate
