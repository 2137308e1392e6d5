// Four-bit weights (spec 7.3) for portable kernels: eight codes form one 32-bit word, and a code is
// converted by a look-up in 16 values.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "harness/core/four_bit.hpp"
#include "kernels/common/kokkos/four_bit_rows.hpp"
#include "kernels/common/kokkos/pack_moves.hpp"
#include "kernels/common/kokkos/row_dots.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// codes [rows,columns/8] in words, scales [rows,columns/block]: bytes e of 2^(e - 127) for MXFP4,
/// f32 for NF4. The block of NF4 is a power of two, at least 32; that of MXFP4 is 32. Both divide
/// the columns.
template <FourBitFormat format>
struct FourBitCodes {
  using Scale = std::conditional_t<format == FourBitFormat::nf4, float, std::uint8_t>;

  const std::uint32_t* words = nullptr;
  const Scale* scales = nullptr;
  std::int64_t columns = 0;
  int nf4_block_log2 = 5;  // for NF4's block; MXFP4's is 32

  /// The index of the scale of column k of a row.
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION K scale_at(K k) const {
    return k >> (format == FourBitFormat::nf4 ? nf4_block_log2 : 5);
  }
  KOKKOS_FORCEINLINE_FUNCTION static float value(std::uint32_t code) {
    return format == FourBitFormat::nf4 ? nf4_value(code) : e2m1_value(code);
  }
  /// The bit offset of code j in a word: in a byte of NF4 the even element is the high half.
  KOKKOS_FORCEINLINE_FUNCTION static constexpr int shift(int j) {
    return 4 * (format == FourBitFormat::nf4 ? j ^ 1 : j);
  }
  KOKKOS_FORCEINLINE_FUNCTION static float factor(float scale) { return scale; }
  KOKKOS_FORCEINLINE_FUNCTION static float factor(std::uint8_t e) { return e8m0_value(e); }

  KOKKOS_FORCEINLINE_FUNCTION const std::uint32_t* words_of(std::int64_t row) const {
    return words + row * static_cast<int>(columns / 8);
  }
  KOKKOS_FORCEINLINE_FUNCTION const Scale* scales_of(std::int64_t row) const {
    return scales + row * static_cast<int>(scale_at(columns));
  }
};

/// The format's 16 values in a team's scratch, and the scratch size they need.
inline constexpr std::size_t code_table_bytes = 16 * sizeof(float) + 64;
template <FourBitFormat format, class Shape, class Team>
KOKKOS_FUNCTION const float* code_table(const Team& team) {
  float* table = static_cast<float*>(
      team.team_scratch(int{Shape::scratch_level}).get_shmem_aligned(16 * sizeof(float), 64));
  Kokkos::parallel_for(Kokkos::TeamVectorRange(team, 16), [&](int code) {
    table[code] = FourBitCodes<format>::value(static_cast<std::uint32_t>(code));
  });
  team.team_barrier();
  return table;
}

/// A row of a four-bit matrix; all zeros if `words` is null.
template <FourBitFormat format>
struct FourBitLine {
  const std::uint32_t* words;
  const typename FourBitCodes<format>::Scale* scales;
  const float* table;
  int columns;
  int nf4_block_log2;

  /// W numbers starting at a multiple of W; W is 1, 8, 16 or 32.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> at(int k) const {
    using Bits = Pack<std::uint32_t, W>;
    using Codes = FourBitCodes<format>;
    if (words == nullptr || k >= columns) return broadcast<Pack<float, W>>(0.0F);
    const float scale = Codes::factor(scales[Codes{.nf4_block_log2 = nf4_block_log2}.scale_at(k)]);
    if constexpr (W == 1) {
      return {table[words[k / 8] >> Codes::shift(k % 8) & 15U] * scale};
    } else {
      Bits shift = counted_from<Bits>(0) & 7U;
      if constexpr (format == FourBitFormat::nf4) shift = shift ^ 1U;
      return look_up(table, repeat<Bits, 8>(words + k / 8) >> (shift << 2)) * scale;
    }
  }
};

/// Rows of a four-bit matrix as an operand of a tile: row r is row row_of(r) of `codes`; zeros
/// where row_of(r) is negative.
template <FourBitFormat format, class RowOf>
struct FourBitOperand {
  static constexpr int min_chunk = 8;

  RowOf row_of;
  FourBitCodes<format> codes;
  const float* table;
  int terms;

  KOKKOS_FORCEINLINE_FUNCTION FourBitLine<format> line(int r) const {
    const std::int64_t row = row_of(r);
    if (row < 0) return {nullptr, nullptr, table, terms, 0};
    return {codes.words_of(row), codes.scales_of(row), table, terms, codes.nf4_block_log2};
  }
  KOKKOS_FORCEINLINE_FUNCTION void fetch(int r, int k) const {
    const std::int64_t row = row_of(r);
    if (row >= 0 && k % 128 == 0) prefetch(codes.words_of(row) + k / 8);  // 128 codes per line
  }
};

/// Dots of rows of codes with vectors of f32, stored as [step][j][word] so that code j of all words
/// of a step is multiplied with one pack. Only whole steps are reordered; the rest keeps its order.
template <class Shape, FourBitFormat format>
struct FourBitDots {
  using X = float;
  static constexpr bool in_place = false;
  static constexpr int max_rows = Shape::four_bit_rows;
  static constexpr std::size_t scratch_bytes = code_table_bytes;
  static constexpr int W = Shape::four_bit_words, words = Shape::dot_partials * W, step = 8 * words;
  static_assert(W <= 16);

  FourBitCodes<format> codes;
  const float* table = nullptr;

  KOKKOS_FORCEINLINE_FUNCTION static std::int64_t place(std::int64_t k, std::int64_t terms) {
    if (k >= terms / step * step) return k;
    return k / step * step + k % 8 * words + k % step / 8;
  }
  template <class Team>
  KOKKOS_FORCEINLINE_FUNCTION FourBitDots of_team(const Team& team) const {
    return {codes, code_table<format, Shape>(team)};
  }

  /// As StoredDots::add().
  template <int R, int N>
  KOKKOS_FUNCTION void add(int partial, const std::int64_t (&row)[R], const float* const (&x)[N],
                           int ahead, DotSums<R, N>& total) const {
    using F = Pack<float, W>;
    using Bits = Pack<std::uint32_t, W>;
    constexpr int chains = R * N < 8 ? 2 : 1;  // independent sums, to hide latency
    const std::int64_t terms = codes.columns, whole = terms / step * step;
    const std::uint32_t* code[R];
    KG_UNROLL for (int r = 0; r < R; ++r) code[r] = codes.words_of(row[r]);
    F sum[R][N];
    KG_UNROLL for (int r = 0; r < R; ++r) {
      KG_UNROLL for (int n = 0; n < N; ++n) sum[r][n] = broadcast<F>(0.0F);
    }
    for (std::int64_t k = 0; k < whole; k += step) {
      const std::int64_t at = k / 8 + partial * W;  // the first word of this partial
      F part[R][N][chains];
      Bits bits[R];
      KG_UNROLL for (int r = 0; r < R; ++r) {
        prefetch(code[r] + at + ahead * (terms / 8));
        bits[r] = load<Bits>(code[r] + at);
      }
      KG_UNROLL for (int j = 0; j < 8; ++j) {
        F xs[N];
        KG_UNROLL for (int n = 0; n < N; ++n) xs[n] = load<F>(x[n] + k + j * words + partial * W);
        KG_UNROLL for (int r = 0; r < R; ++r) {
          const F value = look_up(table, bits[r] >> codes.shift(j));
          KG_UNROLL for (int n = 0; n < N; ++n) {
            if (j < chains) {
              part[r][n][j] = value * xs[n];
            } else {
              part[r][n][j % chains] += value * xs[n];
            }
          }
        }
      }
      KG_UNROLL for (int r = 0; r < R; ++r) {
        const F scale = scales(row[r], at);
        KG_UNROLL for (int n = 0; n < N; ++n) {
          F all = part[r][n][0];
          if constexpr (chains == 2) all += part[r][n][1];
          sum[r][n] += all * scale;
        }
      }
    }
    KG_UNROLL for (int r = 0; r < R; ++r) {
      KG_UNROLL for (int n = 0; n < N; ++n) total.of[r][n] += kernelgate::sum(sum[r][n]);
    }
    for (std::int64_t k = whole + partial * 8; k < terms; k += Shape::dot_partials * 8) {
      KG_UNROLL for (int r = 0; r < R; ++r) {
        const std::uint32_t word = code[r][k / 8];
        const float scale = codes.factor(codes.scales_of(row[r])[codes.scale_at(k)]);
        KG_UNROLL for (int n = 0; n < N; ++n) {
          float part = 0;
          KG_UNROLL for (int j = 0; j < 8; ++j) {
            part += table[word >> codes.shift(j) & 15U] * x[n][k + j];
          }
          total.of[r][n] += part * scale;
        }
      }
    }
  }

 private:
  // The scales of W words starting at word `at`, a multiple of W.
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> scales(std::int64_t row, std::int64_t at) const {
    constexpr int blocks = W * 8 / 32;  // blocks of 32 codes, the shortest, per W words
    const auto* scale = codes.scales_of(row);
    if constexpr (blocks <= 1) {
      return broadcast<Pack<float, W>>(codes.factor(scale[codes.scale_at(at * 8)]));
    } else if constexpr (format == FourBitFormat::nf4) {
      float each[blocks];
      KG_UNROLL for (int b = 0; b < blocks; ++b) each[b] = scale[codes.scale_at(at * 8 + b * 32)];
      return repeat<Pack<float, W>, 4>(each);
    } else {
      using Bits = Pack<std::uint32_t, W>;
      std::uint32_t bytes = 0;
      std::memcpy(&bytes, scale + at / 4, blocks);
      const Bits exponent = (broadcast<Bits>(bytes) >> (counted_from<Bits>(0) >> 2 << 3)) & 255U;
      // As e8m0_value(): 2^-127 is subnormal in f32, 255 is NaN.
      const Bits bits = max(exponent << 23, broadcast<Bits>(0x00400000U));
      return cast_bits<float>(select(exponent == 255U, broadcast<Bits>(0x7FC00000U), bits));
    }
  }
};

/// A four-bit matrix as the operand of tiles and of row dots.
template <FourBitFormat format>
struct FourBitMatrix {
  static constexpr std::size_t scratch_bytes = code_table_bytes;

  FourBitCodes<format> codes;

  template <class Tile, class Team, class RowOf>
  KOKKOS_FORCEINLINE_FUNCTION auto operand(const Team& team, std::int64_t first,
                                           const RowOf& row_of) const {
    FourBitCodes<format> from = codes;
    from.words = codes.words_of(first);
    from.scales = codes.scales_of(first);
    return FourBitOperand<format, RowOf>{row_of, from, code_table<format, Tile>(team),
                                         static_cast<int>(codes.columns)};
  }
  template <class Shape, class F>
  auto with_dots(const F& f) const {
    return f(FourBitDots<Shape, format>{codes});
  }
};

/// Codes and scales of one matrix on the device.
template <FourBitFormat format>
class StagedFourBit {
 public:
  StagedFourBit(const FourBitLayout& layout, std::int64_t columns, Tensor& codes, Tensor& scales)
      : codes_(codes),
        scales_(scales),
        columns_(columns),
        block_log2_(std::countr_zero(static_cast<std::uint64_t>(layout.block))) {}

  FourBitMatrix<format> matrix() const {
    return {{reinterpret_cast<const std::uint32_t*>(codes_.data()), scales_.data(), columns_,
             block_log2_}};
  }

 private:
  Staged<std::uint8_t> codes_;
  Staged<typename FourBitCodes<format>::Scale> scales_;
  std::int64_t columns_;
  int block_log2_;
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
