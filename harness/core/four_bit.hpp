// Weights of four bits (spec 7.3): MXFP4 and NF4 as values, codes, scales and bytes. Truths, fills
// and a model's loader use it; fast code decodes by itself, so that the two can be held together.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "harness/core/values.hpp"

namespace kernelgate {

/// mxfp4 (OCP MX 1.0): E2M1 numbers, a scale 2^(e - 127) for 32 of them, e = 255 is NaN.
/// nf4 (bitsandbytes): 16 quantiles of a normal distribution times a block's largest magnitude.
enum class FourBitFormat { mxfp4, nf4 };
std::string_view name(FourBitFormat format);

/// Which half of a byte holds the element of even index. OCP leaves it open; files say it.
enum class NibbleOrder { low_is_even, high_is_even };
/// As kernels take a format: MXFP4 low, NF4 high.
NibbleOrder own_order(FourBitFormat format);

/// What the 16 codes stand for, before the scale. Code 8 of MXFP4 is -0.
const std::array<double, 16>& code_values(FourBitFormat format);
/// The code of x / scale. MXFP4: to nearest, ties to the even code, beyond 6 it is 6. NF4: to
/// nearest, a midpoint takes the lower value.
std::uint8_t nearest_code(FourBitFormat format, float ratio);

/// E8M0: 2^(e - 127), NaN for 255.
double scale_of_exponent(std::uint8_t e);
/// The byte for a block whose largest magnitude is `largest`: floor(log2) - 2, held inside 0 ..
/// 254; 127 for a block of zeros, 255 for NaN and infinity. Of an f32 it is at most 252.
std::uint8_t exponent_of_block(double largest);

/// Blocks lie along a row (the reduction axis) and begin anew with each row.
struct FourBitLayout {
  FourBitFormat format = FourBitFormat::mxfp4;
  std::int64_t block = 32;

  /// Throws BadInput unless the block is one that the format has (MXFP4: 32; NF4: a power of two
  /// from 32 to 4096) and a row of `columns` is whole blocks.
  void check(std::int64_t columns) const;
  Dtype scale_type() const { return format == FourBitFormat::mxfp4 ? Dtype::u8 : Dtype::f32; }
  std::int64_t code_bytes(std::int64_t columns) const { return columns / 2; }
  std::int64_t scales(std::int64_t columns) const { return columns / block; }
  /// Bytes of a row, codes and scales: 4.25 bits a weight of MXFP4, 4.5 of NF4 in blocks of 64.
  std::int64_t row_bytes(std::int64_t columns) const {
    return code_bytes(columns) + scales(columns) * size_bytes(scale_type());
  }
  bool operator==(const FourBitLayout&) const = default;
};

/// Codes and scales that somebody else owns, in the format's own nibble order.
class FourBitView {
 public:
  FourBitView(FourBitLayout layout, std::int64_t columns, const std::uint8_t* codes,
              const std::byte* scales)
      : layout_(layout), columns_(columns), codes_(codes), scales_(scales) {}

  std::uint8_t code(std::int64_t row, std::int64_t column) const;
  double scale(std::int64_t row, std::int64_t block) const;
  /// The weight: value of the code times scale, exact (24 bits times 24). A NaN scale gives NaN
  /// for each of its block's codes, 0 among them.
  double at(std::int64_t row, std::int64_t column) const;
  std::vector<double> row(std::int64_t row) const;
  std::int64_t columns() const { return columns_; }

 private:
  FourBitLayout layout_;
  std::int64_t columns_;
  const std::uint8_t* codes_;
  const std::byte* scales_;
};

/// Quantises rows of `columns` numbers into codes [rows,columns/2] and scales [rows,columns/block].
/// A block with a NaN or an infinity gets a NaN scale.
void quantise_rows(const FourBitLayout& layout, const Values& from, std::int64_t columns,
                   std::uint8_t* codes, std::byte* scales);

/// Two codes in a byte.
std::uint8_t pack_pair(std::uint8_t even, std::uint8_t odd, NibbleOrder order);
/// Codes as bytes, two a byte; their number is even. And back.
std::vector<std::uint8_t> pack_codes(std::span<const std::uint8_t> codes, NibbleOrder order);
std::vector<std::uint8_t> unpack_codes(std::span<const std::uint8_t> bytes, NibbleOrder order);
/// From either order to the other.
void swap_nibbles(std::span<std::uint8_t> bytes);

/// Scales of NF4, themselves quantised (bitsandbytes' double quantisation): what is left of each
/// after their mean, in 8 bits times the largest magnitude of 256 of them.
struct DoubleQuantised {
  static constexpr std::int64_t block = 256;
  std::vector<std::uint8_t> codes;
  std::vector<float> largest;  // one a block
  float mean = 0;
};
/// The 256 values of its codes, ascending: 0, 1, and with each sign the middles of 2^i equal parts
/// of [0.1, 1], times 10^(i - 6), for i = 0 .. 6.
const std::array<float, 256>& double_quantisation_values();
DoubleQuantised quantise_scales(std::span<const float> scales);
std::vector<float> decode_scales(const DoubleQuantised& q);

}  // namespace kernelgate
