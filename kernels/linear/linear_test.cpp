#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/verify/testing.hpp"
#include "kernels/linear/freivalds.hpp"
#include "kernels/linear/linear.hpp"

namespace kernelgate {
namespace {

TEST(LinearCase, ParsesBackToTheSameCase) {
  const LinearCase c{
      .tokens = 7, .out = 33, .in = 65, .output = LinearOutput::f32, .type = Dtype::bf16};
  EXPECT_EQ(LinearCase::axes().print(c), "tokens=7,out=33,in=65,output=f32,bf16");
  EXPECT_EQ(LinearCase::axes().parse(LinearCase::axes().print(c)), c);
}

TEST(LinearCase, CountsEveryByteOnce) {
  const LinearCase c{
      .tokens = 2, .out = 3, .in = 5, .output = LinearOutput::f32, .type = Dtype::bf16};
  EXPECT_EQ(c.traffic().bytes, 2 * 5 * 2 + 3 * 5 * 2 + 2 * 3 * 4);
  EXPECT_EQ(c.traffic().flops, 2 * 2 * 3 * 5);
}

TEST(LinearReference, EqualsAHandWorkedProduct) {
  const LinearCase c{.tokens = 1, .out = 2, .in = 2};
  TensorSet tensors(c.tensors());
  const double x[] = {3, -2}, w[] = {1, 4, -5, 2};
  for (int i = 0; i < 2; ++i) tensors["x"].set(i, x[i]);
  for (int i = 0; i < 4; ++i) tensors["w"].set(i, w[i]);
  const ReferenceValues reference_values = c.reference_values(tensors, DataMode::real, 1);
  ASSERT_EQ(reference_values.numeric.size(), 1U);
  EXPECT_EQ(reference_values.numeric[0].value, (std::vector<double>{-5, -19}));  // 3-8, -15-4
  // 4 sqrt(2) 2^-24 (3+8) + half an f32 spacing at 5, relative to the value and its bound
  EXPECT_NEAR(reference_values.numeric[0].error_bound[0],
              4 * 1.4142136 * 11 * 0x1p-24 + 5 * 0x1p-24, 1e-9);
}

/// Seeded bugs of a scalar kernel.
enum class Fault {
  none,
  last_term_dropped,
  columns_swapped,
  narrow_accumulator,
  stale_element,
  write_past_the_end,
  nothing_written,
  input_transposed,
  last_element_off,
};

auto scalar_kernel(Fault fault) {
  return [fault](const LinearCase& c, TensorSet& tensors) {
    return make_launch([fault, c, &tensors] {
      if (fault == Fault::nothing_written) return;
      const Tensor &x = tensors["x"], &w = tensors["w"];
      Tensor& y = tensors["y"];
      for (std::int64_t n = 0; n < y.count(); ++n) {
        const std::int64_t t = n / c.out;
        std::int64_t o = n % c.out;
        if (fault == Fault::columns_swapped && o < 2) o = 1 - o;
        float sum = 0;
        for (std::int64_t k = 0; k < c.in; ++k) {
          if (fault == Fault::last_term_dropped && k == c.in - 1) continue;
          const std::int64_t at = fault == Fault::input_transposed ? k * c.out + o : o * c.in + k;
          sum += static_cast<float>(x.get(t * c.in + k) * w.get(at));
          if (fault == Fault::narrow_accumulator) {
            sum = static_cast<float>(round_to(Dtype::bf16, sum));
          }
        }
        y.set(n, sum);
      }
      const std::int64_t last = y.count() - 1;
      if (fault == Fault::stale_element) y.set(last / 2, y.get(last / 2 + 1));
      if (fault == Fault::write_past_the_end) y.data()[y.bytes()] = std::byte{1};
      if (fault == Fault::last_element_off) y.set(last, y.get(last) + 1);
    });
  };
}

TEST(LinearReference, RefusesBrokenKernelsInBothModes) {
  using enum Fault;
  const LinearCase c{.tokens = 6, .out = 37, .in = 70};
  for (const DataMode mode : {DataMode::exact, DataMode::real}) {
    EXPECT_EQ(check_mutant(c, mode, scalar_kernel(none)).status, Status::passed);
    for (const Fault fault : {last_term_dropped, columns_swapped, narrow_accumulator, stale_element,
                              write_past_the_end, nothing_written, input_transposed}) {
      EXPECT_EQ(check_mutant(c, mode, scalar_kernel(fault)).status, Status::incorrect)
          << static_cast<int>(fault) << name(mode);
    }
  }
}

/// Judges a product by its Freivalds property, without the elementwise reference.
std::optional<std::string> freivalds_verdict(Fault fault) {
  const LinearCase c{
      .tokens = 9, .out = 65, .in = 33, .output = LinearOutput::f32, .type = Dtype::bf16};
  TensorSet tensors(c.tensors());
  c.fill(tensors, DataMode::exact, 1);
  tensors.poison_outputs();
  scalar_kernel(fault)(c, tensors)->run();
  return freivalds_property(tensors["x"], tensors["w"], "y", 7).violated(tensors);
}

TEST(Freivalds, AcceptsAProductAndRefusesOneWrongElement) {
  EXPECT_EQ(freivalds_verdict(Fault::none), std::nullopt);
  for (const Fault fault : {Fault::last_element_off, Fault::stale_element, Fault::columns_swapped,
                            Fault::last_term_dropped, Fault::nothing_written}) {
    EXPECT_NE(freivalds_verdict(fault), std::nullopt) << static_cast<int>(fault);
  }
  EXPECT_THAT(freivalds_verdict(Fault::last_element_off).value_or(""),
              testing::HasSubstr("row 8"));  // the last of nine
}

TEST(LinearVariants, AreExactAndWithinBudgetAtOddShapes) {
  for (const CheckResult& result : check_shapes(
           "linear",
           {"kokkos", "kokkos/device-shape", "baseline/onednn", "baseline/onednn-packed",
            "baseline/openblas"},
           {"tokens=1,out=1,in=1,f32", "tokens=3,out=17,in=65,bf16", "tokens=8,out=9,in=31,f32",
            "tokens=5,out=33,in=129,output=f32,f16", "tokens=9,out=1,in=7,f32",
            "tokens=17,out=205,in=300,bf16", "tokens=49,out=97,in=257,f16",
            "tokens=273,out=30,in=530,output=f32,bf16", "tokens=65,out=193,in=64,f32"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
  }
}

}  // namespace
}  // namespace kernelgate
