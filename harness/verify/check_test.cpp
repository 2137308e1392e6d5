// Tests the checks: for each one, a kernel with a seeded bug that it must reject.
#include "harness/verify/check.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <new>

#include "harness/verify/testing.hpp"
#include "kernels/linear/linear.hpp"

namespace kernelgate {
namespace {

constexpr LinearCase shape{.tokens = 6, .out = 40, .in = 96, .type = Dtype::f32};
constexpr LinearCase half_shape{.tokens = 6, .out = 40, .in = 256, .type = Dtype::f16};

// A correct kernel, element by element, in the type T.
template <class T>
float dot(const TensorSet& tensors, std::int64_t t, std::int64_t o, std::int64_t terms,
          std::int64_t in) {
  float sum = 0;
  for (std::int64_t i = 0; i < terms; ++i) {
    sum += to_float(tensors["x"].as<T>()[static_cast<std::size_t>(t * in + i)]) *
           to_float(tensors["w"].as<T>()[static_cast<std::size_t>(o * in + i)]);
  }
  return sum;
}

void fill_right(const LinearCase& c, TensorSet& tensors) {
  for (std::int64_t t = 0; t < c.tokens; ++t) {
    for (std::int64_t o = 0; o < c.out; ++o) {
      const double value = c.type == Dtype::f16 ? dot<f16>(tensors, t, o, c.in, c.in)
                                                : dot<float>(tensors, t, o, c.in, c.in);
      tensors["y"].set(t * c.out + o, value);
    }
  }
}

// A correct kernel whose output `spoil` then changes.
template <class Spoil>
CheckResult check_spoiled(DataMode mode, Spoil spoil, const LinearCase& c = shape) {
  return check_mutant(c, mode, [spoil](const LinearCase& lc, TensorSet& tensors) {
    return make_launch([&lc, &tensors, spoil] {
      fill_right(lc, tensors);
      spoil(tensors);
    });
  });
}

class BothModes : public ::testing::TestWithParam<DataMode> {};
INSTANTIATE_TEST_SUITE_P(Check, BothModes, ::testing::Values(DataMode::exact, DataMode::real),
                         [](const auto& mode) { return std::string(name(mode.param)); });

TEST_P(BothModes, AcceptsARightKernel) {
  for (const LinearCase& c : {shape, half_shape}) {
    const CheckResult result = check_spoiled(
        GetParam(), [](TensorSet&) {}, c);
    EXPECT_EQ(result.status, Status::passed) << result.message;
    EXPECT_EQ(result.checked, result.total);
  }
}

TEST_P(BothModes, RefusesOneStaleElement) {
  const CheckResult result = check_spoiled(GetParam(), [](TensorSet& tensors) {
    tensors["y"].set(3 * 40 + 9, tensors["y"].get(3 * 40 + 8));
  });
  EXPECT_EQ(result.status, Status::incorrect);
  EXPECT_NE(result.message.find("y[3,9]"), std::string::npos) << result.message;
  EXPECT_NE(result.message.find("row 3, column 9"), std::string::npos) << result.message;
}

TEST_P(BothModes, RefusesTheLastTermDropped) {
  const CheckResult result =
      check_mutant(shape, GetParam(), [](const LinearCase& c, TensorSet& tensors) {
        return make_launch([&c, &tensors] {
          for (std::int64_t i = 0; i < c.tokens * c.out; ++i) {
            tensors["y"].set(i, dot<float>(tensors, i / c.out, i % c.out, c.in - 1, c.in));
          }
        });
      });
  EXPECT_EQ(result.status, Status::incorrect);
}

TEST_P(BothModes, RefusesTwoColumnsSwapped) {
  const CheckResult result = check_spoiled(GetParam(), [](TensorSet& tensors) {
    for (std::int64_t row = 0; row < 6; ++row) {
      const double left = tensors["y"].get(row * 40 + 7);
      tensors["y"].set(row * 40 + 7, tensors["y"].get(row * 40 + 31));
      tensors["y"].set(row * 40 + 31, left);
    }
  });
  EXPECT_EQ(result.status, Status::incorrect);
  EXPECT_NE(result.message.find("columns 7..31"), std::string::npos) << result.message;
}

TEST_P(BothModes, RefusesANarrowAccumulator) {
  const CheckResult result =
      check_mutant(half_shape, GetParam(), [](const LinearCase& c, TensorSet& tensors) {
        return make_launch([&c, &tensors] {
          const auto x = tensors["x"].as<f16>();
          const auto w = tensors["w"].as<f16>();
          for (std::int64_t i = 0; i < c.tokens * c.out; ++i) {
            f16 sum{0};
            for (std::int64_t k = 0; k < c.in; ++k) {
              const float product = to_float(x[static_cast<std::size_t>(i / c.out * c.in + k)]) *
                                    to_float(w[static_cast<std::size_t>(i % c.out * c.in + k)]);
              sum = from_float<f16>(to_float(sum) + product);
            }
            tensors["y"].set(i, to_float(sum));
          }
        });
      });
  EXPECT_EQ(result.status, Status::incorrect);
}

TEST_P(BothModes, RefusesAWritePastTheEnd) {
  for (const std::int64_t where : {std::int64_t{6 * 40}, std::int64_t{-1}}) {
    const CheckResult result = check_spoiled(
        GetParam(), [where](TensorSet& tensors) { tensors["y"].as<float>().data()[where] = 1; });
    EXPECT_EQ(result.status, Status::incorrect);
    EXPECT_NE(result.message.find("outside tensor 'y'"), std::string::npos) << result.message;
  }
}

TEST_P(BothModes, RefusesAWriteToAnInput) {
  const CheckResult result = check_spoiled(
      GetParam(), [](TensorSet& tensors) { tensors["w"].set(5, tensors["w"].get(5) + 1); });
  EXPECT_EQ(result.status, Status::incorrect);
  EXPECT_NE(result.message.find("wrote to an input"), std::string::npos) << result.message;
}

TEST_P(BothModes, RefusesARowNeverWritten) {
  const CheckResult result =
      check_mutant(shape, GetParam(), [](const LinearCase& c, TensorSet& tensors) {
        return make_launch([&c, &tensors] {
          LinearCase but_last = c;
          but_last.tokens = c.tokens - 1;
          fill_right(but_last, tensors);
        });
      });
  EXPECT_EQ(result.status, Status::incorrect);
  EXPECT_NE(result.message.find("40 never written"), std::string::npos) << result.message;
}

TEST_P(BothModes, RefusesAKernelThatDoesNothing) {
  const CheckResult result = check_mutant(
      shape, GetParam(), [](const LinearCase&, TensorSet&) { return make_launch([] {}); });
  EXPECT_EQ(result.status, Status::incorrect);
  EXPECT_NE(result.message.find("240 never written"), std::string::npos) << result.message;
}

TEST_P(BothModes, CallsAThrowingKernelCrashed) {
  const CheckResult result = check_mutant(shape, GetParam(), [](const LinearCase&, TensorSet&) {
    return make_launch([] { throw std::runtime_error("no such device"); });
  });
  EXPECT_EQ(result.status, Status::crashed);
  EXPECT_NE(result.message.find("no such device"), std::string::npos) << result.message;
}

TEST_P(BothModes, NamesTheFreeMemoryWhereAKernelFoundNone) {
  const CheckResult result = check_mutant(shape, GetParam(), [](const LinearCase&, TensorSet&) {
    return make_launch([] { throw std::bad_alloc(); });
  });
  EXPECT_EQ(result.status, Status::crashed);
  EXPECT_NE(result.message.find("threw: std::bad_alloc: "), std::string::npos) << result.message;
  EXPECT_NE(result.message.find(" GB are free"), std::string::npos) << result.message;
}

TEST_P(BothModes, AcceptsTheReferenceItself) {
  const TypedCase<LinearCase> c(half_shape);
  const CheckResult result = PreparedCase(c, GetParam(), 3).check(reference_variant());
  EXPECT_EQ(result.status, Status::passed) << result.message;
  EXPECT_LE(result.worst_ratio, 1);
}

TEST(RealMode, RefusesOneColumnScaledByHalfAPercent) {
  const CheckResult result = check_spoiled(DataMode::real, [](TensorSet& tensors) {
    for (std::int64_t row = 0; row < 6; ++row) {
      tensors["y"].set(row * 40 + 7, 1.005 * tensors["y"].get(row * 40 + 7));
    }
  });
  EXPECT_EQ(result.status, Status::incorrect);
}

TEST(ExactMode, RefusesOneWeightOffByOneUlp) {  // within any valid error bound on real data
  const CheckResult result =
      check_mutant(half_shape, DataMode::exact, [](const LinearCase& c, TensorSet& tensors) {
        return make_launch([&c, &tensors] {
          const double kept = tensors["w"].get(17);
          tensors["w"].set(17, kept * (1 + 0x1p-10));
          fill_right(c, tensors);
          tensors["w"].set(17, kept);
        });
      });
  EXPECT_EQ(result.status, Status::incorrect);
}

TEST(Judge, RefusesAReferenceThatJudgesNothing) {
  Tensor tensor({"y", Dtype::f32, {2}, Role::output});
  tensor.set(0, 1);
  tensor.set(1, 2);
  const NumericReference no_limit{"y", {}, {1, 5}, {0.1, INFINITY}};
  EXPECT_EQ(judge(no_limit, tensor).outside, 1);
  const NumericReference not_a_number{"y", {}, {1, 2}, {0.1, NAN}};
  EXPECT_EQ(judge(not_a_number, tensor).outside, 1);
}

TEST(Judge, TakesInfinityAndNanOnlyWhereTheyAreExpected) {
  Tensor tensor({"y", Dtype::f32, {3}, Role::output});
  const double values[] = {INFINITY, NAN, -INFINITY};
  for (int i = 0; i < 3; ++i) tensor.set(i, values[i]);
  EXPECT_EQ(judge({"y", {}, {INFINITY, NAN, -INFINITY}, {0, 0, 0}}, tensor).outside, 0);
  EXPECT_EQ(judge({"y", {}, {-INFINITY, 1, 3}, {1, 1, 1}}, tensor).outside, 3);
}

TEST(CheckResult, PrintsTheLineThatRunsItAgain) {
  const CheckResult result =
      check_case("linear/kokkos/tokens=2,out=3,in=4,f32", DataMode::real, 17);
  EXPECT_EQ(repro_command(result),
            "kernelgate check --case linear/kokkos/tokens=2,out=3,in=4,output=same,f32 "
            "--data real --seed 17");
}

}  // namespace
}  // namespace kernelgate
