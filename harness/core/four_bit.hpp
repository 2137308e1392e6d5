// Four-bit weights (spec 7.3): MXFP4 and NF4 as values, codes, scales and bytes. References, fills
// and the model's loader use it. Fast code decodes independently, so that the two can be compared.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "harness/core/values.hpp"

namespace kernelgate {

/// mxfp4 (OCP MX 1.0): E2M1 numbers, one scale 2^(e - 127) per 32 of them, e = 255 is NaN. nf4
/// (bitsandbytes): 16 quantiles of a normal distribution times a block's largest magnitude.
enum class FourBitFormat { mxfp4, nf4 };
std::string_view name(FourBitFormat format);

/// The half of a byte with the element of even index. OCP leaves it open; files specify it.
enum class NibbleOrder { low_is_even, high_is_even };
/// The order that kernels use for a format: MXFP4 low, NF4 high.
NibbleOrder own_order(FourBitFormat format);

/// Values of the 16 codes, before the scale. Code 8 of MXFP4 is -0.
const std::array<double, 16>& code_values(FourBitFormat format);
/// The code of x / scale. MXFP4: nearest, ties to the even code, 6 for all beyond 6. NF4: nearest,
/// a midpoint takes the lower value.
std::uint8_t nearest_code(FourBitFormat format, float ratio);

/// E8M0: 2^(e - 127), NaN for 255.
double scale_of_exponent(std::uint8_t e);
/// The scale byte of a block whose largest magnitude is `largest`: floor(log2) - 2, clamped to 0 ..
/// 254; 127 for a block of zeros, 255 for NaN and infinity. For an f32 it is at most 252.
std::uint8_t exponent_of_block(double largest);

/// Blocks run along a row (the reduction axis) and restart with each row.
struct FourBitLayout {
  FourBitFormat format = FourBitFormat::mxfp4;
  std::int64_t block = 32;

  /// Throws BadInput unless the format supports the block size (MXFP4: 32; NF4: a power of two from
  /// 32 to 4096) and a row of `columns` is a whole number of blocks.
  void check(std::int64_t columns) const;
  Dtype scale_type() const { return format == FourBitFormat::mxfp4 ? Dtype::u8 : Dtype::f32; }
  std::int64_t code_bytes(std::int64_t columns) const { return columns / 2; }
  std::int64_t scales(std::int64_t columns) const { return columns / block; }
  /// Bytes of a row, codes and scales: 4.25 bits per weight for MXFP4, 4.5 for NF4 in blocks of 64.
  std::int64_t row_bytes(std::int64_t columns) const {
    return code_bytes(columns) + scales(columns) * size_bytes(scale_type());
  }
  bool operator==(const FourBitLayout&) const = default;
};

/// A non-owning view of codes and scales, in the format's own nibble order.
class FourBitView {
 public:
  FourBitView(FourBitLayout layout, std::int64_t columns, const std::uint8_t* codes,
              const std::byte* scales)
      : layout_(layout), columns_(columns), codes_(codes), scales_(scales) {}

  std::uint8_t code(std::int64_t row, std::int64_t column) const;
  double scale(std::int64_t row, std::int64_t block) const;
  /// The weight: value of the code times scale, exact (24 bits times 24). A NaN scale gives NaN for
  /// each code of its block, including 0.
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

/// Packs two codes into a byte.
std::uint8_t pack_pair(std::uint8_t even, std::uint8_t odd, NibbleOrder order);
/// Pack and unpack codes, two per byte. The number of codes is even.
std::vector<std::uint8_t> pack_codes(std::span<const std::uint8_t> codes, NibbleOrder order);
std::vector<std::uint8_t> unpack_codes(std::span<const std::uint8_t> bytes, NibbleOrder order);
/// Swaps the nibble order in place.
void swap_nibbles(std::span<std::uint8_t> bytes);

/// NF4 scales after bitsandbytes' double quantisation: the mean is subtracted, and each difference
/// is stored in 8 bits times the largest magnitude of its block of 256 scales.
struct DoubleQuantised {
  static constexpr std::int64_t block = 256;
  std::vector<std::uint8_t> codes;
  std::vector<float> largest;  // one per block
  float mean = 0;
};
/// The 256 values of its codes, ascending: 0, 1, and with each sign the midpoints of 2^i equal
/// parts of [0.1, 1], times 10^(i - 6), for i = 0 .. 6.
const std::array<float, 256>& double_quantisation_values();
DoubleQuantised quantise_scales(std::span<const float> scales);
std::vector<float> decode_scales(const DoubleQuantised& q);

}  // namespace kernelgate
