// Four-bit weights in vector lanes: a table of 16 values indexed by half bytes. For builds with
// KERNELGATE_BYTE_PRODUCTS (byte_products.hpp), like four_bit_weight.hpp and all that it includes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/common/cpu/lane_blocks.hpp"
#include "kernels/common/kokkos/four_bit_rows.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// Weights that are stored together: 16 bytes, within one block.
inline constexpr std::int64_t group_terms = 32;

/// The 16 values of a format, one per lane.
class ValueTable {
 public:
  static_assert(lane_count == 16);

  explicit ValueTable(const FourBitRows& weight) {
    float values[16];
    for (std::uint32_t code = 0; code < 16; ++code) values[code] = weight.value(code);
    values_ = load_lanes(values);
  }
  [[gnu::always_inline]] ValueTable scaled(float by) const {
    ValueTable t = *this;
    t.values_ *= by;
    return t;
  }
  /// The values for the lowest four bits of each lane; higher bits are ignored.
  [[gnu::always_inline]] Lanes operator[](LaneBits code) const {
    return _mm512_maskz_permutexvar_ps(0xFFFF, reinterpret_cast<__m512i>(code), values_);
  }

 private:
  Lanes values_;
};

/// Loads lane_count bytes, one per lane.
[[gnu::always_inline]] inline LaneBits load_byte_lanes(const std::uint8_t* from) {
  return reinterpret_cast<LaneBits>(
      _mm512_maskz_cvtepu8_epi32(0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
}

/// e8m0_value() of each lane.
[[gnu::always_inline]] inline Lanes e8m0_lanes(LaneBits exponents) {
  LaneBits bits = exponents << 23;
  bits = exponents == 0 ? LaneBits{} + 0x00400000U : bits;
  bits = exponents == 255 ? LaneBits{} + 0x7FC00000U : bits;
  return reinterpret_cast<Lanes>(bits);
}

/// The scales of a row's groups first .. first + count - 1, as f32. `out` is padded to whole
/// registers.
inline void group_scales(const FourBitRows& w, std::int64_t row, std::int64_t first,
                         std::int64_t count, float* out) {
  const std::int64_t blocks = row * (w.columns / w.block);
  if (w.exponents == nullptr) {
    // Divisions in the loops would cost more than the products. Blocks of 64 are expanded a
    // register at a time.
    constexpr auto indices = std::make_integer_sequence<int, lane_count>{};
    const std::int64_t groups = w.block / group_terms;
    const float* absmax = w.absmax + blocks + first / groups;
    std::int64_t g = 0, left = groups - first % groups;
    for (; groups == 2 && left == 2 && g + 2 * lane_count <= count; g += 2 * lane_count) {
      const Lanes x = load_lanes(absmax);
      store_lanes(out + g, interleave<0>(x, x, indices));
      store_lanes(out + g + lane_count, interleave<lane_count / 2>(x, x, indices));
      absmax += lane_count;
    }
    for (; g < count; ++g) {
      out[g] = *absmax;
      if (--left > 0) continue;
      ++absmax;
      left = groups;
    }
    return;
  }
  const std::uint8_t* e = w.exponents + blocks + first;
  std::int64_t g = 0;
  for (; g + lane_count <= count; g += lane_count) {
    store_lanes(out + g, e8m0_lanes(load_byte_lanes(e + g)));
  }
  for (; g < count; ++g) out[g] = e8m0_value(e[g]);
}

/// The position of element k of a row of activations for dots with four-bit rows: in groups of 32,
/// first the elements for the bytes' low halves, then those for the high halves.
inline std::int64_t grouped_place(const FourBitRows& w, std::int64_t k) {
  const bool low = (k % 2 == 0) == (w.exponents != nullptr);
  return k / group_terms * group_terms + (low ? 0 : group_terms / 2) + k % group_terms / 2;
}

/// Copies a row of activations to the positions of grouped_place().
template <class X>
void group_terms_of(const FourBitRows& w, const X* x, float* to) {
  constexpr std::int64_t half = group_terms / 2;
  const std::int64_t even = w.exponents != nullptr ? 0 : half, odd = half - even;
  for (std::int64_t k = 0; k < w.columns; k += group_terms) {
    for (std::int64_t i = 0; i < half; i += lane_count / 2) {
      constexpr auto indices = std::make_integer_sequence<int, lane_count>{};
      const Lanes both = parted(load_lanes(x + k + 2 * i), indices);
      std::memcpy(to + k + even + i, &both, sizeof(Lanes) / 2);
      std::memcpy(to + k + odd + i, reinterpret_cast<const char*>(&both) + sizeof(Lanes) / 2,
                  sizeof(Lanes) / 2);
    }
  }
}

/// Decodes terms k0 .. k0 + depth - 1 (whole groups) of a row into lines of 16 floats,
/// `line_stride` apart.
inline void widen_four_bit(const FourBitRows& w, const ValueTable& table, std::int64_t row,
                           std::int64_t k0, std::int64_t depth, float* out,
                           std::int64_t line_stride) {
  constexpr auto indices = std::make_integer_sequence<int, lane_count>{};
  const std::uint8_t* bytes = w.codes + (row * w.columns + k0) / 2;
  const bool low_is_even = w.exponents != nullptr;
  constexpr std::int64_t line = 16;
  for (std::int64_t k = 0; k < depth; k += group_terms) {
    const ValueTable scaled = table.scaled(w.scale(row, k0 + k));
    for (std::int64_t part = 0; part < group_terms; part += 2 * lane_count) {
      const LaneBits both = load_byte_lanes(bytes + (k + part) / 2);
      const Lanes low = scaled[both], high = scaled[both >> 4];
      const Lanes even = low_is_even ? low : high, odd = low_is_even ? high : low;
      const auto place = [=](std::int64_t at) { return out + at / line * line_stride + at % line; };
      store_lanes(place(k + part), interleave<0>(even, odd, indices));
      store_lanes(place(k + part + lane_count), interleave<lane_count / 2>(even, odd, indices));
    }
  }
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
