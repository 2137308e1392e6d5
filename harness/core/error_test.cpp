#include "harness/core/error.hpp"

#include <gtest/gtest.h>

#include <iterator>
#include <type_traits>

namespace kernelgate {
namespace {

TEST(ExitCode, TheGraverOfTwoFollowsTheOrderOfTheGlossary) {
  constexpr int by_gravity[] = {1, 8, 9, 6, 7, 2, 3, 4, 5, 0};
  for (std::size_t i = 0; i < std::size(by_gravity); ++i) {
    for (std::size_t j = i; j < std::size(by_gravity); ++j) {
      const auto graver_one = static_cast<ExitCode>(by_gravity[i]);
      const auto other = static_cast<ExitCode>(by_gravity[j]);
      EXPECT_EQ(graver(graver_one, other), graver_one);
      EXPECT_EQ(graver(other, graver_one), graver_one);
    }
  }
}

TEST(Error, EachKindHasItsExitCode) {
  EXPECT_EQ(BadInput("").exit_code(), ExitCode::bad_input);
  EXPECT_EQ(MissingResource("").exit_code(), ExitCode::missing_resource);
  EXPECT_EQ(NoDevice("").exit_code(), ExitCode::nothing_ran);
  EXPECT_EQ(DeviceLost("").exit_code(), ExitCode::device_lost);
}

TEST(Error, OnlyWhatTheMachineLacksMakesACaseUnsupported) {
  EXPECT_TRUE((std::is_base_of_v<Unavailable, MissingResource>));
  EXPECT_TRUE((std::is_base_of_v<Unavailable, NoDevice>));
  EXPECT_FALSE((std::is_base_of_v<Unavailable, DeviceLost>));
  EXPECT_FALSE((std::is_base_of_v<Unavailable, BadInput>));
}

}  // namespace
}  // namespace kernelgate
