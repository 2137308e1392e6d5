#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "harness/verify/testing.hpp"
#include "kernels/residual_norm/residual_norm.hpp"

namespace kernelgate {
namespace {

TEST(ResidualNormCase, ParsesBackToTheSameCase) {
  const ResidualNormCase c{.tokens = 7,
                           .hidden = 768,
                           .form = ResidualForm::last,
                           .norm_input = NormInput::storage,
                           .inputs = ResidualInputs::small,
                           .type = Dtype::f16};
  const std::string text = "tokens=7,hidden=768,form=last,norm_input=storage,inputs=small,f16";
  EXPECT_EQ(ResidualNormCase::axes().print(c), text);
  EXPECT_EQ(ResidualNormCase::axes().parse(text), c);
}

TEST(ResidualNormCase, CountsEveryByteOnce) {
  ResidualNormCase c{.tokens = 3, .hidden = 5, .form = ResidualForm::both, .type = Dtype::bf16};
  EXPECT_EQ(c.traffic().bytes, 2 * (15 + 5 * 5 + 15) + 4 * (15 + 15));
  EXPECT_EQ(c.traffic().flops, 9 * 15);
  c.form = ResidualForm::first;  // neither a residual nor its two vectors are read
  EXPECT_EQ(c.traffic().bytes, 2 * (15 + 3 * 5 + 15) + 4 * 15);
  EXPECT_EQ(c.traffic().flops, 6 * 15);
  c.form = ResidualForm::last;  // read, not written
  EXPECT_EQ(c.traffic().bytes, 2 * (15 + 5 * 5 + 15) + 4 * 15);
}

TEST(ResidualNormReference, AddsTheBiasBeforeTheScale) {
  const ResidualNormCase c{.tokens = 1, .hidden = 2};
  TensorSet t(c.tensors());
  const auto put = [&](std::string_view name, double a, double b) {
    t[name].set(0, a);
    t[name].set(1, b);
  };
  put("hidden", 1, 2);
  put("hidden_bias", 1, -1);
  put("hidden_scale", 2, 3);
  put("residual", 3, 5);
  put("residual_bias", -1, 1);
  put("residual_scale", -1, 0.5);
  put("weight", 1, 2);
  const ReferenceValues reference_values = c.reference_values(t, DataMode::real, 1);
  // (1+1)2 + (3-1)(-1) = 2, (2-1)3 + (5+1)/2 = 6; mean square (4+36)/2 = 20
  EXPECT_EQ(reference_values.numeric[0].value, (std::vector<double>{2, 6}));
  EXPECT_NEAR(reference_values.numeric[1].value[0], 2 / std::sqrt(20 + 1e-5), 1e-12);
  EXPECT_NEAR(reference_values.numeric[1].value[1], 12 / std::sqrt(20 + 1e-5), 1e-12);
}

TEST(ResidualNormReference, ExactInputsMakeAStreamOfPlusMinus1024) {
  for (const char* axes :
       {"tokens=3,hidden=96,form=first,bf16", "tokens=3,hidden=96,form=both,bf16",
        "tokens=3,hidden=96,form=last,f16"}) {
    const ResidualNormCase c = ResidualNormCase::axes().parse(axes);
    TensorSet t(c.tensors());
    c.fill(t, DataMode::exact, 5);
    for (std::int64_t at = 0; at < t["hidden"].count(); ++at) {
      const std::int64_t i = at % c.hidden;
      double r = (t["hidden"].get(at) + t["hidden_bias"].get(i)) * t["hidden_scale"].get(i);
      if (c.reads_residual()) {
        r += (t["residual"].get(at) + t["residual_bias"].get(i)) * t["residual_scale"].get(i);
      }
      EXPECT_EQ(std::abs(r), 1024) << axes << " at " << at;
    }
  }
}

enum class Fault {
  none,
  nothing_written,
  one_stale_element,
  write_past_the_end,
  last_column_left_out,  // of the mean square
  narrow_sum,
  scale_before_bias,
  narrow_residual,  // the stream rounded to bf16
  no_epsilon,
  epsilon_outside_root,
  weight_left_out,
  next_row_of_residual,
  norm_input_not_rounded,
  norm_before_update,  // y from the old stream
};

/// A plain serial residual_norm with one seeded bug.
void run_faulty(const ResidualNormCase& c, TensorSet& t, Fault fault) {
  if (fault == Fault::nothing_written) return;
  const auto in = [&](std::string_view name, std::int64_t i) {
    return static_cast<float>(t[name].get(i));
  };
  const auto narrow = [](float x) { return to_float(from_float<bf16>(x)); };
  std::vector<float> r(static_cast<std::size_t>(c.hidden));
  for (std::int64_t row = 0; row < c.tokens; ++row) {
    float square = 0;
    for (std::int64_t i = 0; i < c.hidden; ++i) {
      const std::int64_t at = row * c.hidden + i;
      const float h = in("hidden", at), hb = in("hidden_bias", i), hs = in("hidden_scale", i);
      float x = fault == Fault::scale_before_bias ? h * hs + hb : (h + hb) * hs;
      float old = 0;
      if (c.reads_residual()) {
        const std::int64_t from =
            fault == Fault::next_row_of_residual ? (at + c.hidden) % (c.tokens * c.hidden) : at;
        old = in("residual", from);
        if (fault == Fault::narrow_residual) old = narrow(old);
        const float rb = in("residual_bias", i), rs = in("residual_scale", i);
        x += fault == Fault::scale_before_bias ? old * rs + rb : (old + rb) * rs;
      }
      if (c.writes_residual()) t["residual"].set(at, x);
      if (c.norm_input == NormInput::storage && fault != Fault::norm_input_not_rounded) {
        x = static_cast<float>(round_to(c.type, x));
      }
      if (fault == Fault::norm_before_update) x = old;
      r[static_cast<std::size_t>(i)] = x;
      if (fault == Fault::last_column_left_out && i == c.hidden - 1) continue;
      square += x * x;
      if (fault == Fault::narrow_sum) square = narrow(square);
    }
    const float mean = square / static_cast<float>(c.hidden);
    const float inverse = fault == Fault::no_epsilon             ? 1 / std::sqrt(mean)
                          : fault == Fault::epsilon_outside_root ? 1 / (std::sqrt(mean) + 1e-5F)
                                                                 : 1 / std::sqrt(mean + 1e-5F);
    for (std::int64_t i = 0; i < c.hidden; ++i) {
      const float g = fault == Fault::weight_left_out ? 1 : in("weight", i);
      t["y"].set(row * c.hidden + i, r[static_cast<std::size_t>(i)] * inverse * g);
    }
  }
  if (fault == Fault::one_stale_element) t["y"].set(2, t["y"].get(3) + 1);
  if (fault == Fault::write_past_the_end) t["y"].set(t["y"].count(), 1);
}

struct FaultCase {
  Fault fault;
  const char* axes;
  DataMode mode;
};

class ResidualNormFaults : public testing::TestWithParam<FaultCase> {};

TEST_P(ResidualNormFaults, AreRefusedWhereTheSoundKernelPasses) {
  const FaultCase& f = GetParam();
  const auto status = [&](Fault fault) {
    const CheckResult result =
        check_fault(case_of<ResidualNormCase>(f.axes), f.mode, fault, run_faulty);
    if (fault == Fault::none) {
      EXPECT_EQ(result.message, "");
    }
    return result.status;
  };
  EXPECT_EQ(status(Fault::none), Status::passed);
  EXPECT_EQ(status(f.fault), Status::incorrect);
}

constexpr const char* both = "tokens=3,hidden=64,bf16";
constexpr const char* both_f32 = "tokens=3,hidden=64,f32";
constexpr const char* last = "tokens=3,hidden=64,form=last,f16";
constexpr const char* first = "tokens=3,hidden=64,form=first,bf16";
constexpr const char* tiny_rows = "tokens=3,hidden=64,inputs=small,bf16";
constexpr const char* zero_rows = "tokens=3,hidden=64,inputs=zeros,bf16";
constexpr const char* storage = "tokens=3,hidden=64,norm_input=storage,bf16";
constexpr DataMode exact = DataMode::exact;
constexpr DataMode real = DataMode::real;

INSTANTIATE_TEST_SUITE_P(Judge, ResidualNormFaults,
                         testing::Values(FaultCase{Fault::nothing_written, first, exact},
                                         FaultCase{Fault::nothing_written, both, real},
                                         FaultCase{Fault::one_stale_element, both, exact},
                                         FaultCase{Fault::one_stale_element, last, real},
                                         FaultCase{Fault::write_past_the_end, both, real},
                                         FaultCase{Fault::last_column_left_out, both, exact},
                                         FaultCase{Fault::last_column_left_out, both_f32, real},
                                         FaultCase{Fault::narrow_sum, both_f32, real},
                                         FaultCase{Fault::narrow_sum, "tokens=3,hidden=768,f32",
                                                   exact},
                                         FaultCase{Fault::scale_before_bias, both, exact},
                                         FaultCase{Fault::scale_before_bias, both, real},
                                         FaultCase{Fault::scale_before_bias, first, real},
                                         FaultCase{Fault::narrow_residual, both, exact},
                                         FaultCase{Fault::narrow_residual, both, real},
                                         FaultCase{Fault::no_epsilon, tiny_rows, real},
                                         FaultCase{Fault::no_epsilon, zero_rows, real},
                                         FaultCase{Fault::epsilon_outside_root, tiny_rows, real},
                                         FaultCase{Fault::weight_left_out, last, exact},
                                         FaultCase{Fault::weight_left_out, last, real},
                                         FaultCase{Fault::next_row_of_residual, both, exact},
                                         FaultCase{Fault::next_row_of_residual, last, real},
                                         FaultCase{Fault::norm_input_not_rounded, storage, real},
                                         FaultCase{Fault::norm_before_update, both, exact}));

TEST(ResidualNormVariants, AreExactAndWithinBudgetAtOddShapes) {
  for (const CheckResult& result : check_shapes(
           "residual_norm", {"kokkos", "kokkos/device-shape"},
           {"tokens=1,hidden=1,f32", "tokens=3,hidden=17,form=first,bf16",
            "tokens=2,hidden=2048,bf16", "tokens=5,hidden=96,form=last,f16",
            "tokens=5,hidden=65,norm_input=storage,bf16",
            "tokens=2,hidden=4096,form=first,norm_input=storage,f16", "tokens=3,hidden=8192,f32",
            "tokens=4,hidden=768,inputs=small,bf16", "tokens=4,hidden=33,inputs=zeros,f16"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
  }
}

}  // namespace
}  // namespace kernelgate
