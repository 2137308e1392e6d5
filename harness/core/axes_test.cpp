#include "harness/core/axes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"

namespace kernelgate {
namespace {

using ::testing::HasSubstr;

enum class Mask { causal, sliding };
struct Shape {
  static constexpr std::string_view kernel = "shape";
  std::int64_t rows = 1;
  Mask mask = Mask::causal;
  Dtype type = Dtype::f32;
  bool operator==(const Shape&) const = default;
};

const Axes<Shape>& table() {
  static const Axes<Shape> axes = Axes<Shape>()
                                      .number("rows", &Shape::rows, 1, 1000)
                                      .word("mask", &Shape::mask, {"causal", "sliding"})
                                      .dtype(&Shape::type);
  return axes;
}

std::string error_message(std::string_view text) {
  try {
    table().parse(text);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CaseId, ParsesBackToTheSameCase) {
  const Shape shape{.rows = 7, .mask = Mask::sliding, .type = Dtype::bf16};
  EXPECT_EQ(table().print(shape), "rows=7,mask=sliding,bf16");
  EXPECT_EQ(table().parse("rows=7,mask=sliding,bf16"), shape);
  EXPECT_EQ(table().parse("bf16,rows=7,mask=sliding"), shape);
  EXPECT_EQ(table().parse(""), Shape{});
}

TEST(CaseId, SaysWhatWasGotAndWhatWasExpected) {
  EXPECT_THAT(error_message("rows=7x"),
              HasSubstr("axis 'rows': expected a whole number from 1 to 1000, got '7x'"));
  EXPECT_THAT(error_message("rows=1001"), HasSubstr("got '1001'"));
  EXPECT_THAT(error_message("rows=99999999999999999999"), HasSubstr("axis 'rows'"));
  EXPECT_THAT(error_message("mask=round"),
              HasSubstr("expected one of causal sliding, got 'round'"));
  EXPECT_THAT(error_message("f8"), HasSubstr("expected one of f32 bf16 f16, got 'f8'"));
  EXPECT_THAT(error_message("cols=3"), HasSubstr("has no axis 'cols'; it has: rows mask a dtype"));
  EXPECT_THAT(error_message("rows=1,rows=2"), HasSubstr("occurs twice"));
  EXPECT_THAT(error_message("rows="), HasSubstr("expected key=value"));
  EXPECT_THAT(error_message("=3"), HasSubstr("expected key=value"));
}

TEST(Registry, NamesWhatExistsWhenAKernelOrVariantDoesNot) {
  Registry registry;
  register_kernels(registry);
  try {
    registry.find_case("lineal/tokens=1");
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown kernel 'lineal'; this build has:"));
    EXPECT_THAT(error.what(), HasSubstr(" linear"));
  }
  try {
    registry.find_case("linear/fast/tokens=1");
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("no variant 'fast'; it has: "));
  }
}

TEST(Registry, EveryKernelsDefaultCasePrintsWhatItParses) {
  Registry registry;
  register_kernels(registry);
  ASSERT_FALSE(registry.kernels().empty());
  for (const Kernel& kernel : registry.kernels()) {
    const std::string axes = kernel.parse("")->axes();
    EXPECT_EQ(kernel.parse(axes)->axes(), axes);
    EXPECT_GT(kernel.parse("")->traffic().bytes, 0) << kernel.name;
  }
}

}  // namespace
}  // namespace kernelgate
