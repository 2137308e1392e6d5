#include "harness/timing/time_summary.hpp"

#include <gtest/gtest.h>

namespace kernelgate {
namespace {

using Marks = std::vector<std::int64_t>;

TEST(TimeSummary, GivesQuartilesByLinearInterpolation) {
  const TimeSummary summary = summarise({4, 1, 3, 2});
  EXPECT_DOUBLE_EQ(summary.low, 1.75);
  EXPECT_DOUBLE_EQ(summary.median, 2.5);
  EXPECT_DOUBLE_EQ(summary.high, 3.25);
  EXPECT_EQ(summary.seconds, (std::vector<double>{4, 1, 3, 2}));
}

TEST(TimeSummary, RatioComparesSamplesTakenTogether) {
  // The machine became three times slower half way; every pair still has the ratio 1.5.
  const TimeSummary slow = summarise({1.5, 1.5, 4.5, 4.5});
  const TimeSummary base = summarise({1, 1, 3, 3});
  EXPECT_DOUBLE_EQ(paired_ratio(slow, base).value(), 1.5);
}

TEST(TimeSummary, LeavesDisturbedSamplesOutOfMedianAndQuartiles) {
  const TimeSummary summary = summarise({1, 90, 3, 2}, Marks{1});
  EXPECT_DOUBLE_EQ(summary.low, 1.5);
  EXPECT_DOUBLE_EQ(summary.median, 2);
  EXPECT_DOUBLE_EQ(summary.high, 2.5);
  EXPECT_EQ(summary.seconds, (std::vector<double>{1, 90, 3, 2}));  // all samples are kept
  EXPECT_EQ(summary.counted(), (std::vector<double>{1, 3, 2}));
}

TEST(TimeSummary, CountsAllSamplesWhereEveryOneIsDisturbed) {
  const TimeSummary summary = summarise({4, 2}, Marks{0, 1});
  EXPECT_DOUBLE_EQ(summary.median, 3);
  EXPECT_TRUE(summary.all_marked());
}

TEST(TimeSummary, TakesMarksFromSpansAndNoneWhereTheSystemShowsNothing) {
  const std::vector<TimedSpan> watched{{1, false}, {9, true}, {3, false}};
  EXPECT_EQ(summarise(watched).marked, Marks{1});
  EXPECT_DOUBLE_EQ(summarise(watched).median, 2);
  const std::vector<TimedSpan> unwatched{{1}, {9}, {3}};
  EXPECT_FALSE(summarise(unwatched).marked.has_value());
  EXPECT_DOUBLE_EQ(summarise(unwatched).median, 3);
}

TEST(TimeSummary, HasNoSpreadWhereOneSampleAloneCounts) {
  EXPECT_TRUE(summarise({1, 2, 3}, Marks{1}).has_spread());
  EXPECT_FALSE(summarise({1, 2, 3}, Marks{0, 1}).has_spread());
  EXPECT_TRUE(summarise({1, 2}, Marks{0, 1}).has_spread());
  EXPECT_FALSE(summarise({1}).has_spread());
}

TEST(TimeSummary, NamesTheSampleThatIsTheLowerMedianOfThoseThatCount) {
  // Without the marked 1 s there are 5, 7, 6 and 8 s: the lower median is 6 s, the fourth sample.
  EXPECT_EQ(summarise({5, 1, 7, 6, 8}, Marks{1}).median_sample(), 3U);
  EXPECT_THROW(static_cast<void>(TimeSummary{}.median_sample()), std::logic_error);
}

TEST(TimeSummary, PairsOnlySamplesOfWhichNeitherIsDisturbed) {
  const TimeSummary time = summarise({2, 40, 3}, Marks{1});
  const TimeSummary baseline = summarise({1, 2, 100}, Marks{2});
  EXPECT_DOUBLE_EQ(paired_ratio(time, baseline).value(), 2);  // of the first pair alone
}

TEST(TimeSummary, GivesNoRatioIfNoPairIsUndisturbed) {
  const TimeSummary crowd = summarise({1, 2, 3}, Marks{0, 1, 2});
  EXPECT_EQ(paired_ratio(crowd, summarise({1, 1, 1})), std::nullopt);
  // Both times have an undisturbed sample, 1 s and 2 s, but not in the same pair.
  const TimeSummary time = summarise({8, 1}, Marks{0}), baseline = summarise({2, 9}, Marks{1});
  EXPECT_DOUBLE_EQ(time.median, 1);
  EXPECT_DOUBLE_EQ(baseline.median, 2);
  EXPECT_EQ(paired_ratio(time, baseline), std::nullopt);
}

TEST(TimeSummary, HasASpreadWhereMoreThanOneSampleCounts) {
  EXPECT_FALSE(TimeSummary{}.has_spread());
  EXPECT_FALSE(summarise({1}).has_spread());
  EXPECT_TRUE(summarise({1, 2}).has_spread());
  EXPECT_FALSE(summarise({1, 2, 3}, Marks{0, 2}).has_spread());
  EXPECT_TRUE(summarise({1, 2, 3}, Marks{0, 1, 2}).has_spread());  // all are disturbed: all count
}

TEST(DisturbedCount, SaysWhatWasLeftOutAndWhy) {
  DisturbedCount count;
  EXPECT_EQ(describe(count), "not shown by this system");
  count.add(5, std::nullopt);
  EXPECT_EQ(describe(count), "not shown by this system");
  count.add(4, 0);
  EXPECT_EQ(describe(count), "0 of 4 samples");
  count.add(summarise({1, 9, 3}, Marks{1}));
  EXPECT_EQ(describe(count),
            "1 of 7 samples, left out of the times: threads waited for a core, or the clock was "
            "throttled");
}

TEST(DisturbedCount, SaysWhereDisturbedSamplesCountForWantOfOthers) {
  DisturbedCount all;
  all.add(summarise({4, 2}, Marks{0, 1}));
  EXPECT_EQ(describe(all),
            "2 of 2 samples, all counted, because every sample of each time was disturbed: threads "
            "waited for a core, or the clock was throttled");
  DisturbedCount some = all;
  some.add(summarise({1, 2, 3}, Marks{2}));
  EXPECT_EQ(describe(some),
            "3 of 5 samples, left out of the times except in 1 time with disturbed samples only: "
            "threads waited for a core, or the clock was throttled");
  EXPECT_EQ(
      describe(some, true),
      "3 of 5 samples, left out of the times except in 1 time marked * with disturbed samples "
      "only: threads waited for a core, or the clock was throttled");
}

}  // namespace
}  // namespace kernelgate
