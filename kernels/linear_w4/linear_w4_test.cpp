#include "kernels/linear_w4/linear_w4.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/verify/testing.hpp"
#include "kernels/common/cpu/four_bit_test_variants.hpp"

namespace kernelgate {
namespace {

TEST(LinearW4Case, ParsesBackToTheSameCase) {
  const LinearW4Case c{.tokens = 7,
                       .out = 33,
                       .in = 128,
                       .format = FourBitFormat::nf4,
                       .block = 64,
                       .scales = ScalePattern::edges,
                       .output = LinearOutput::f32,
                       .type = Dtype::bf16};
  EXPECT_EQ(LinearW4Case::axes().print(c),
            "tokens=7,out=33,in=128,format=nf4,block=64,scales=edges,output=f32,bf16");
  EXPECT_EQ(LinearW4Case::axes().parse(LinearW4Case::axes().print(c)), c);
}

TEST(LinearW4Case, ARowThatIsNotWholeBlocksIsRefusedInWords) {
  Registry registry;
  register_kernels(registry);
  const Kernel& kernel = registry.find("linear_w4");
  try {
    kernel.parse("tokens=1,out=4,in=40,f32");
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("not whole blocks of 32"));
  }
  EXPECT_THROW(kernel.parse("tokens=1,out=4,in=64,block=64,f32"), BadInput);  // MXFP4 has 32
}

TEST(LinearW4Case, CountsFourAndAQuarterBitsAWeight) {
  const LinearW4Case c{.tokens = 2, .out = 3, .in = 64, .type = Dtype::bf16};
  EXPECT_EQ(c.traffic().bytes, 2 * 64 * 2 + 3 * (32 + 2) + 2 * 3 * 2);
  EXPECT_EQ(c.traffic().flops, 2 * 2 * 3 * 64);
}

TEST(LinearW4Reference, EqualsAHandWorkedProduct) {
  const LinearW4Case c{.tokens = 1, .out = 1, .in = 64};
  TensorSet tensors(c.tensors());
  for (int i = 0; i < 64; ++i) tensors["x"].set(i, i == 0 ? 3 : i == 33 ? -2 : 0);
  for (int i = 0; i < 32; ++i) tensors["codes"].set(i, 0);
  tensors["codes"].set(0, 0x7B);   // element 0: code 11, -1.5; element 1: 6, times 0
  tensors["codes"].set(16, 0x5A);  // element 32: code 10, times 0; element 33: code 5, 3
  tensors["scales"].set(0, 128);   // 2
  tensors["scales"].set(1, 126);   // a half
  const ReferenceValues reference_values = c.reference_values(tensors, DataMode::real, 1);
  EXPECT_EQ(reference_values.numeric[0].value,
            (std::vector<double>{3 * -1.5 * 2 + -2 * 3 * 0.5}));  // -12
  // 4 sqrt(64) 2^-24 (9 + 3), half an f32 spacing at 12; an MXFP4 weight is exact.
  EXPECT_NEAR(reference_values.numeric[0].error_bound[0], 32 * 0x1p-24 * 12 + 12 * 0x1p-24, 1e-10);
}

TEST(LinearW4Reference, ANaNScaleMakesItsRowNaNAndNoOther) {
  for (const FourBitFormat format : {FourBitFormat::mxfp4, FourBitFormat::nf4}) {
    const LinearW4Case c{
        .tokens = 2, .out = 8, .in = 96, .format = format, .scales = ScalePattern::edges};
    TensorSet tensors(c.tensors());
    c.fill(tensors, DataMode::real, 1);
    const ReferenceValues reference_values = c.reference_values(tensors, DataMode::real, 1);
    for (std::size_t i = 0; i < 16; ++i) {
      EXPECT_EQ(std::isnan(reference_values.numeric[0].value[i]), i % 4 == 1) << i;
    }
  }
}

/// Seeded bugs of a kernel.
enum class Fault {
  none,
  nibbles_swapped,
  sign_ignored,
  scale_of_the_next_block,
  scale_of_the_next_row,
  nan_scale_ignored,
  last_block_dropped,
  smallest_scale_is_zero,
  codes_of_the_other_format,
  narrow_accumulator,
  nothing_written,
};

double faulty_weight(const LinearW4Case& c, const TensorSet& set, Fault fault, std::int64_t row,
                     std::int64_t k) {
  const FourBitView view(c.layout(), c.in, set["codes"].as<std::uint8_t>().data(),
                         set["scales"].data());
  const std::int64_t blocks = c.in / c.block;
  std::int64_t block = k / c.block, scale_row = row;
  if (fault == Fault::last_block_dropped && block == blocks - 1) return 0;
  if (fault == Fault::scale_of_the_next_block) block = (block + 1) % blocks;
  if (fault == Fault::scale_of_the_next_row) scale_row = (row + 1) % c.out;
  std::uint8_t code = view.code(row, fault == Fault::nibbles_swapped ? (k ^ 1) : k);
  if (fault == Fault::sign_ignored) code &= 7;
  double scale = view.scale(scale_row, block);
  if (fault == Fault::nan_scale_ignored && std::isnan(scale)) scale = 1;
  if (fault == Fault::smallest_scale_is_zero && scale == 0x1p-127) scale = 0;
  const bool other = fault == Fault::codes_of_the_other_format;
  const FourBitFormat format =
      other == (c.format == FourBitFormat::mxfp4) ? FourBitFormat::nf4 : FourBitFormat::mxfp4;
  return code_values(format)[code] * scale;
}

auto scalar_kernel(Fault fault) {
  return [fault](const LinearW4Case& c, TensorSet& set) {
    return make_launch([fault, c, &set] {
      if (fault == Fault::nothing_written) return;
      for (std::int64_t n = 0; n < c.tokens * c.out; ++n) {
        float sum = 0;
        for (std::int64_t k = 0; k < c.in; ++k) {
          const double w = faulty_weight(c, set, fault, n % c.out, k);
          sum += static_cast<float>(w * set["x"].get(n / c.out * c.in + k));
          if (fault == Fault::narrow_accumulator) {
            sum = static_cast<float>(round_to(Dtype::bf16, sum));
          }
        }
        set["y"].set(n, sum);
      }
    });
  };
}

TEST(LinearW4Reference, RefusesBrokenKernels) {
  using enum Fault;
  for (const FourBitFormat format : {FourBitFormat::mxfp4, FourBitFormat::nf4}) {
    const LinearW4Case c{
        .tokens = 3, .out = 9, .in = 160, .format = format, .scales = ScalePattern::edges};
    for (const DataMode mode : {DataMode::exact, DataMode::real}) {
      const auto status = [&](Fault fault) {
        return check_mutant(c, mode, scalar_kernel(fault)).status;
      };
      EXPECT_EQ(status(none), Status::passed) << name(format) << name(mode);
      for (const Fault fault : {nibbles_swapped, sign_ignored, scale_of_the_next_block,
                                scale_of_the_next_row, nan_scale_ignored, last_block_dropped,
                                codes_of_the_other_format, narrow_accumulator, nothing_written}) {
        EXPECT_EQ(status(fault), Status::incorrect)
            << static_cast<int>(fault) << name(format) << name(mode);
      }
      if (format == FourBitFormat::mxfp4) {
        EXPECT_EQ(status(smallest_scale_is_zero), Status::incorrect) << name(mode);
      }
    }
  }
}

TEST(LinearW4Variants, AreExactAndWithinBudgetAtOddShapes) {
  for (const CheckResult& result : check_shapes(
           "linear_w4", four_bit_variants(),
           {"tokens=1,out=1,in=32,f32", "tokens=1,out=35,in=4160,scales=edges,bf16",
            "tokens=2,out=17,in=96,scales=edges,f32",
            "tokens=3,out=17,in=128,format=nf4,block=64,scales=edges,f16",
            "tokens=4,out=9,in=96,output=f32,f16", "tokens=5,out=21,in=32,scales=edges,bf16",
            "tokens=7,out=12,in=256,format=nf4,block=256,output=f32,bf16",
            "tokens=8,out=33,in=288,scales=edges,f32", "tokens=9,out=3,in=32,format=nf4,f32",
            "tokens=17,out=205,in=544,scales=edges,bf16",
            "tokens=65,out=67,in=256,format=nf4,block=128,scales=edges,f16",
            "tokens=273,out=30,in=320,output=f32,bf16"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
  }
}

// A form that multiplies whole numbers may take only activations that it represents exactly,
// stretch by stretch; one that multiplies pairs may take no denormals, because scales may bring
// them back to any size.
TEST(LinearW4Variants, TakeActivationsOfEveryRange) {
  struct Range {
    const char* name;
    int lowest, highest;  // powers of two
    double last;          // in place of the last activation
    int scale = 127;      // of all blocks, an exponent of 2 plus 127
  };
  const Range ranges[] = {{"narrow", -3, 0, 1},
                          {"of three digits", -13, 0, 1},
                          {"of four digits", -20, 0, 1},
                          {"too wide", -40, 0, 1},
                          {"large", 90, 100, 1},
                          {"small", -110, -100, 0},
                          {"barely normal, times much", -126, -125, 0, 250},
                          {"denormal", -130, -126, 0},
                          {"denormal, times much", -130, -126, 0, 250},
                          {"infinite", -3, 0, INFINITY},
                          {"not a number", -3, 0, NAN}};
  Registry registry;
  register_kernels(registry);
  const auto check = [&](std::int64_t tokens, std::int64_t in, const Range& range) {
    SCOPED_TRACE(fmt::format("{}: {} tokens, {} terms", range.name, tokens, in));
    const LinearW4Case c{
        .tokens = tokens, .out = 37, .in = in, .output = LinearOutput::f32, .type = Dtype::bf16};
    TensorSet tensors(c.tensors());
    c.fill(tensors, DataMode::real, 1);
    for (std::int64_t n = 0; n < tokens * in; ++n) {
      const int spread = static_cast<int>((n * 7919) % (range.highest - range.lowest + 1));
      const double size = 1 + static_cast<double>((n * 31) % 128) / 128;  // eight bits
      tensors["x"].set(n, std::ldexp(n % 3 == 0 ? -size : size, range.lowest + spread));
    }
    tensors["x"].set(tokens * in - 1, range.last);
    std::ranges::fill(tensors["scales"].as<std::uint8_t>(), static_cast<std::uint8_t>(range.scale));
    const ReferenceValues reference_values = c.reference_values(tensors, DataMode::real, 1);
    for (const std::string& variant : four_bit_variants()) {
      SCOPED_TRACE(variant);
      const Registry::Found found =
          registry.find_case("linear_w4/" + variant + "/" + LinearW4Case::axes().print(c));
      const std::unique_ptr<Launch> launch = found.variant->prepare(*found.shape, tensors, nullptr);
      launch->run();
      launch->fetch();
      for (std::int64_t o = 0; o < tokens * c.out; ++o) {
        const double got = tensors["y"].get(o), expected = reference_values.numeric[0].value[o];
        if (std::isfinite(expected)) {
          ASSERT_NEAR(got, expected, reference_values.numeric[0].error_bound[o]) << o;
        } else {
          ASSERT_EQ(std::isnan(got), std::isnan(expected)) << o;
          ASSERT_TRUE(std::isnan(expected) || got == expected) << o;
        }
      }
    }
  };
  for (const std::int64_t in : {32, 96, 128, 160, 672, 2048, 8224}) {
    for (const std::int64_t tokens : {1, 2, 3, 5, 8}) {
      for (const Range& range : ranges) check(tokens, in, range);
    }
  }
}

}  // namespace
}  // namespace kernelgate
