#include "harness/core/four_bit_fill.hpp"

#include <cmath>
#include <limits>

#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

constexpr std::uint64_t scale_stream = 0x5CA1E5;
// Root mean square of a format's 16 values, times the factor that the spread of scales adds.
constexpr double mxfp4_deviation = 2.93 * 4.6, nf4_deviation = 0.55 * 0.75;

std::uint8_t drawn_code(FourBitFormat format, DataMode mode, std::uint64_t bits) {
  const auto code = static_cast<std::uint8_t>(bits & 15);
  if (mode == DataMode::real) return code;
  if (format == FourBitFormat::nf4) return code < 8 ? 0 : 15;
  return code % 8 == 0 ? static_cast<std::uint8_t>(code + 7) : code;
}

/// Whether the block's scale is the special one of row `row`.
bool is_special(const FourBitFill& how, std::int64_t row, std::int64_t kind, std::int64_t block,
                std::int64_t blocks) {
  return how.pattern == ScalePattern::edges && row % 4 == kind && block == row / 4 % blocks;
}

std::uint8_t exponent(const FourBitFill& how, std::int64_t row, std::int64_t block,
                      std::int64_t blocks, std::uint64_t bits) {
  if (is_special(how, row, 1, block, blocks)) return 255;
  if (is_special(how, row, 2, block, blocks)) return row % 8 == 2 ? 0 : 127;
  if (how.pattern == ScalePattern::edges && row % 4 == 3) return 0;
  // Exact mode: half a scale is one unit.
  const double least = how.mode == DataMode::exact ? 2 * how.size : how.size / mxfp4_deviation;
  return static_cast<std::uint8_t>(127 + std::lround(std::log2(least)) +
                                   static_cast<long>(bits % 4));
}

float absmax(const FourBitFill& how, std::int64_t row, std::int64_t block, std::int64_t blocks,
             std::uint64_t bits) {
  if (is_special(how, row, 1, block, blocks)) return std::numeric_limits<float>::quiet_NaN();
  if (is_special(how, row, 2, block, blocks)) return 0;
  const bool tiny = how.pattern == ScalePattern::edges && row % 4 == 3;
  const double unit = tiny                          ? 0x1p-100
                      : how.mode == DataMode::exact ? how.size
                                                    : how.size / nf4_deviation;
  if (how.mode == DataMode::exact)
    return static_cast<float>(unit * (1 + static_cast<int>(bits % 8)));
  return static_cast<float>(unit * (0.5 + 0x1p-33 * static_cast<double>(bits >> 32)));
}

}  // namespace

std::int64_t largest_exact_weight(FourBitFormat format) {
  return format == FourBitFormat::mxfp4 ? 12 * 8 : 8;
}

void fill_four_bit(const FourBitLayout& layout, std::int64_t rows, std::int64_t columns,
                   Tensor& codes, Tensor& scales, const FourBitFill& how) {
  const NibbleOrder order = own_order(layout.format);
  const auto bytes = codes.as<std::uint8_t>();
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 8 == 0) word = word_at(how.key, i / 8);
    const std::uint8_t both[] = {drawn_code(layout.format, how.mode, word),
                                 drawn_code(layout.format, how.mode, word >> 4)};
    bytes[i] = pack_pair(both[0], both[1], order);
    word >>= 8;
  }
  const std::int64_t blocks = layout.scales(columns);
  const std::uint64_t key = how.key ^ scale_stream;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t b = 0; b < blocks; ++b) {
      const std::int64_t at = row * blocks + b;
      const std::uint64_t bits = word_at(key, static_cast<std::uint64_t>(at));
      if (layout.format == FourBitFormat::nf4) {
        scales.as<float>()[static_cast<std::size_t>(at)] = absmax(how, row, b, blocks, bits);
        continue;
      }
      scales.as<std::uint8_t>()[static_cast<std::size_t>(at)] = exponent(how, row, b, blocks, bits);
      if (!is_special(how, row, 2, b, blocks)) continue;
      const std::int64_t first = (row * columns + b * layout.block) / 2;
      for (std::int64_t i = first; i < first + layout.block / 2; ++i) {
        bytes[static_cast<std::size_t>(i)] &= 0x88;  // keeps only the signs: 0 and -0
      }
    }
  }
}

}  // namespace kernelgate
