#include "harness/core/four_bit.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

constexpr std::array<double, 16> mxfp4_values = {0,   .5,  1,  1.5,  2,  3,  4,  6,
                                                 -0., -.5, -1, -1.5, -2, -3, -4, -6};
constexpr std::array<double, 16> nf4_values = {-1,
                                               -0.6961928009986877,
                                               -0.5250730514526367,
                                               -0.39491748809814453,
                                               -0.28444138169288635,
                                               -0.18477343022823334,
                                               -0.09105003625154495,
                                               0,
                                               0.07958029955625534,
                                               0.16093020141124725,
                                               0.24611230194568634,
                                               0.33791524171829224,
                                               0.44070982933044434,
                                               0.5626170039176941,
                                               0.7229568362236023,
                                               1};

// E2M1 midpoints below an even code round up.
std::uint8_t mxfp4_code(float x) {
  const float a = std::abs(x);
  const int code = static_cast<int>(a > 0.25F) + static_cast<int>(a >= 0.75F) +
                   static_cast<int>(a > 1.25F) + static_cast<int>(a >= 1.75F) +
                   static_cast<int>(a > 2.5F) + static_cast<int>(a >= 3.5F) +
                   static_cast<int>(a > 5.0F);
  return static_cast<std::uint8_t>(code | (std::signbit(x) ? 8 : 0));
}

// The largest float not above each midpoint. A float exceeds the midpoint exactly if it exceeds
// this threshold.
std::array<float, 15> nf4_thresholds() {
  std::array<float, 15> list{};
  for (std::size_t i = 0; i < list.size(); ++i) {
    const double middle = (nf4_values[i] + nf4_values[i + 1]) / 2;
    const auto near = static_cast<float>(middle);
    list[i] = near > middle ? std::nextafter(near, -2.0F) : near;
  }
  return list;
}

std::uint8_t nf4_code(float x) {
  static const std::array<float, 15> thresholds = nf4_thresholds();
  int code = 0;
  for (const float t : thresholds) code += static_cast<int>(x > t);
  return static_cast<std::uint8_t>(code);
}

template <class T>
void widen_numbers(const std::byte* from, std::int64_t count, float* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    T x;
    std::memcpy(&x, from + i * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    to[i] = to_float(x);
  }
}

void widen_row(const Values& from, float* to) {
  if (from.type() == Dtype::f32) return widen_numbers<float>(from.bytes(), from.size(), to);
  if (from.type() == Dtype::bf16) return widen_numbers<bf16>(from.bytes(), from.size(), to);
  if (from.type() == Dtype::f16) return widen_numbers<f16>(from.bytes(), from.size(), to);
  for (std::int64_t i = 0; i < from.size(); ++i) to[i] = static_cast<float>(from[i]);
}

/// The largest magnitude; NaN if one of them is not finite.
float largest_of(const float* x, std::int64_t count) {
  float largest = 0;
  bool finite = true;
  for (std::int64_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::abs(x[i]));
    finite = finite && std::isfinite(x[i]);
  }
  return finite ? largest : std::numeric_limits<float>::quiet_NaN();
}

/// Writes a block's scale and returns the divisor of its numbers: a power of two, or the scale
/// itself.
float put_scale(FourBitFormat format, float largest, std::byte* to) {
  if (format == FourBitFormat::nf4) {
    std::memcpy(to, &largest, sizeof(largest));
    return largest;
  }
  const std::uint8_t e = exponent_of_block(largest);
  std::memcpy(to, &e, sizeof(e));
  return static_cast<float>(scale_of_exponent(e));
}

void quantise_row(const FourBitLayout& layout, const Values& from, std::vector<float>& wide,
                  std::uint8_t* codes, std::byte* scales) {
  widen_row(from, wide.data());
  const NibbleOrder order = own_order(layout.format);
  for (std::int64_t begin = 0; begin < from.size(); begin += layout.block) {
    const float* x = wide.data() + begin;
    const float scale = put_scale(layout.format, largest_of(x, layout.block),
                                  scales + begin / layout.block * size_bytes(layout.scale_type()));
    const bool usable = scale > 0;  // false for NaN, too; the code is then arbitrary
    for (std::int64_t i = 0; i < layout.block; i += 2) {
      const float even = usable ? x[i] / scale : 0, odd = usable ? x[i + 1] / scale : 0;
      codes[(begin + i) / 2] =
          pack_pair(nearest_code(layout.format, even), nearest_code(layout.format, odd), order);
    }
  }
}

}  // namespace

std::string_view name(FourBitFormat format) {
  return format == FourBitFormat::mxfp4 ? "mxfp4" : "nf4";
}

NibbleOrder own_order(FourBitFormat format) {
  return format == FourBitFormat::mxfp4 ? NibbleOrder::low_is_even : NibbleOrder::high_is_even;
}

const std::array<double, 16>& code_values(FourBitFormat format) {
  return format == FourBitFormat::mxfp4 ? mxfp4_values : nf4_values;
}

std::uint8_t nearest_code(FourBitFormat format, float ratio) {
  return format == FourBitFormat::mxfp4 ? mxfp4_code(ratio) : nf4_code(ratio);
}

double scale_of_exponent(std::uint8_t e) {
  if (e == 255) return std::numeric_limits<double>::quiet_NaN();
  return std::ldexp(1.0, int{e} - 127);
}

std::uint8_t exponent_of_block(double largest) {
  if (!std::isfinite(largest)) return 255;
  if (largest == 0) return 127;
  return static_cast<std::uint8_t>(std::clamp(std::ilogb(largest) - 2 + 127, 0, 254));
}

void FourBitLayout::check(std::int64_t columns) const {
  const bool power = block > 0 && (block & (block - 1)) == 0;
  const bool known =
      format == FourBitFormat::mxfp4 ? block == 32 : power && block >= 32 && block <= 4096;
  if (!known) {
    throw BadInput("block of four-bit weights: expected " +
                   std::string(format == FourBitFormat::mxfp4
                                   ? "32 for mxfp4"
                                   : "a power of two from 32 to 4096 for nf4") +
                   ", got " + std::to_string(block));
  }
  if (columns % block != 0) {
    throw BadInput("a row of " + std::to_string(columns) + " weights is not whole blocks of " +
                   std::to_string(block) + ": " + std::string(name(format)) +
                   " has no shorter block; expected a multiple of " + std::to_string(block));
  }
}

std::uint8_t FourBitView::code(std::int64_t row, std::int64_t column) const {
  const std::uint8_t both = codes_[row * layout_.code_bytes(columns_) + column / 2];
  const bool low = (own_order(layout_.format) == NibbleOrder::low_is_even) == (column % 2 == 0);
  return low ? both & 15 : both >> 4;
}

double FourBitView::scale(std::int64_t row, std::int64_t block) const {
  const std::int64_t at = row * layout_.scales(columns_) + block;
  const Values scales(layout_.scale_type(), scales_, at + 1);
  if (layout_.format == FourBitFormat::nf4) return scales[at];
  return scale_of_exponent(static_cast<std::uint8_t>(scales[at]));
}

double FourBitView::at(std::int64_t row, std::int64_t column) const {
  return code_values(layout_.format)[code(row, column)] * scale(row, column / layout_.block);
}

std::vector<double> FourBitView::row(std::int64_t row) const {
  std::vector<double> all(static_cast<std::size_t>(columns_));
  const std::array<double, 16>& values = code_values(layout_.format);
  for (std::int64_t b = 0; b < layout_.scales(columns_); ++b) {
    const double factor = scale(row, b);
    for (std::int64_t i = b * layout_.block; i < (b + 1) * layout_.block; ++i) {
      all[static_cast<std::size_t>(i)] = values[code(row, i)] * factor;
    }
  }
  return all;
}

void quantise_rows(const FourBitLayout& layout, const Values& from, std::int64_t columns,
                   std::uint8_t* codes, std::byte* scales) {
  layout.check(columns);
  const std::int64_t rows = from.size() / columns;
  const std::int64_t scale_bytes = layout.scales(columns) * size_bytes(layout.scale_type());
#pragma omp parallel if (from.size() > 1 << 18)
  {
    std::vector<float> wide(static_cast<std::size_t>(columns));
#pragma omp for schedule(static)
    for (std::int64_t r = 0; r < rows; ++r) {
      quantise_row(layout, from.row(r, columns), wide, codes + r * layout.code_bytes(columns),
                   scales + r * scale_bytes);
    }
  }
}

std::uint8_t pack_pair(std::uint8_t even, std::uint8_t odd, NibbleOrder order) {
  const bool low = order == NibbleOrder::low_is_even;
  return static_cast<std::uint8_t>(low ? even | odd << 4 : odd | even << 4);
}

std::vector<std::uint8_t> pack_codes(std::span<const std::uint8_t> codes, NibbleOrder order) {
  std::vector<std::uint8_t> bytes(codes.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = pack_pair(codes[2 * i], codes[2 * i + 1], order);
  }
  return bytes;
}

std::vector<std::uint8_t> unpack_codes(std::span<const std::uint8_t> bytes, NibbleOrder order) {
  std::vector<std::uint8_t> codes;
  codes.reserve(2 * bytes.size());
  for (const std::uint8_t both : bytes) {
    const auto low = static_cast<std::uint8_t>(both & 15),
               high = static_cast<std::uint8_t>(both >> 4);
    codes.push_back(order == NibbleOrder::low_is_even ? low : high);
    codes.push_back(order == NibbleOrder::low_is_even ? high : low);
  }
  return codes;
}

void swap_nibbles(std::span<std::uint8_t> bytes) {
  for (std::uint8_t& both : bytes) both = static_cast<std::uint8_t>(both << 4 | both >> 4);
}

const std::array<float, 256>& double_quantisation_values() {
  static const std::array<float, 256> values = [] {
    std::array<float, 256> list{};
    std::size_t at = 0;
    list[at++] = 0;
    list[at++] = 1;
    for (int i = 0; i < 7; ++i) {
      const int parts = 1 << i;
      for (int p = 0; p < parts; ++p) {
        const double middle = 0.1 + 0.9 * (p + 0.5) / parts;
        const auto value = static_cast<float>(middle * std::pow(10.0, i - 6));
        list[at++] = value;
        list[at++] = -value;
      }
    }
    std::sort(list.begin(), list.end());
    return list;
  }();
  return values;
}

DoubleQuantised quantise_scales(std::span<const float> scales) {
  DoubleQuantised q;
  double sum = 0;
  for (const float s : scales) sum += s;
  if (!scales.empty()) q.mean = static_cast<float>(sum / static_cast<double>(scales.size()));
  const std::array<float, 256>& values = double_quantisation_values();
  for (std::size_t begin = 0; begin < scales.size(); begin += DoubleQuantised::block) {
    const auto block =
        scales.subspan(begin, std::min<std::size_t>(DoubleQuantised::block, scales.size() - begin));
    float largest = 0;
    for (const float s : block) largest = std::max(largest, std::abs(s - q.mean));
    q.largest.push_back(largest);
    for (const float s : block) {
      const float ratio = largest > 0 ? (s - q.mean) / largest : 0;
      const auto above = std::lower_bound(values.begin(), values.end(), ratio);
      auto nearest = above == values.end() ? above - 1 : above;
      if (nearest != values.begin() && ratio - *(nearest - 1) < *nearest - ratio) --nearest;
      q.codes.push_back(static_cast<std::uint8_t>(nearest - values.begin()));
    }
  }
  return q;
}

std::vector<float> decode_scales(const DoubleQuantised& q) {
  std::vector<float> scales;
  scales.reserve(q.codes.size());
  for (std::size_t i = 0; i < q.codes.size(); ++i) {
    const float value = double_quantisation_values()[q.codes[i]];
    scales.push_back(value * q.largest[i / DoubleQuantised::block] + q.mean);
  }
  return scales;
}

}  // namespace kernelgate
