// MXFP4 rows times a few tokens, read as several memory streams (AVX-512). The multiplication of
// codes and activations is a template parameter, Products, implemented by four_bit_integers.hpp and
// four_bit_pairs.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "kernels/common/cpu/fetch_level.hpp"
#include "kernels/common/cpu/four_bit_lanes.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {
namespace detail {

/// Terms per 64 bytes of codes.
inline constexpr std::int64_t stretch_terms = 128;
inline constexpr std::int64_t stretch_groups = stretch_terms / group_terms;

[[gnu::always_inline]] inline __m512i as_vector(LaneBits x) { return reinterpret_cast<__m512i>(x); }
[[gnu::always_inline]] inline LaneBits as_lanes(__m512i x) { return reinterpret_cast<LaneBits>(x); }

/// Loads up to lane_count bytes, one per lane, then zeros; inlined, because a call would spill
/// registers.
[[gnu::always_inline]] inline LaneBits load_first_bytes(const std::uint8_t* from,
                                                        std::int64_t count) {
  const auto there = static_cast<__mmask16>(count < lane_count ? (1 << count) - 1 : 0xFFFF);
  return as_lanes(_mm512_maskz_cvtepu8_epi32(there, _mm_maskz_loadu_epi8(there, from)));
}

/// sums[i][t]: lanes whose sum is the dot product of row first + i step and token t. Rows far apart
/// form separate streams, which memory serves faster than one.
template <int Streams, class Products>
void dot_streams(const FourBitRows& w, std::int64_t first, std::int64_t step, const Products& x,
                 Lanes* sums) {
  constexpr int tokens = Products::tokens;
  constexpr std::uintptr_t ahead = 2048;  // in bytes; hardware prefetching stops at each page
  constexpr LaneBits first_groups = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
  const std::int64_t groups = w.columns / group_terms, row_bytes = w.columns / 2;
  const std::uint8_t* codes = w.codes + first * row_bytes;
  const std::uint8_t* exponents = w.exponents + first * groups;
  const FetchTo to = fetch_level();
  Lanes sum[Streams][tokens] = {};
  // Adds sixteen groups, whose scales fill a register, or the last `left` groups of a row.
  const auto add_groups = [&](std::int64_t g, auto whole, std::int64_t left) {
    Lanes scales[Streams];
    for (int i = 0; i < Streams; ++i) {
      const std::uint8_t* from = exponents + i * step * groups + g;
      scales[i] = e8m0_lanes(whole ? load_byte_lanes(from) : load_first_bytes(from, left));
    }
#pragma GCC unroll 4
    for (std::uint32_t part = 0; part < lane_count / stretch_groups; ++part) {
      const std::int64_t s = g / stretch_groups + part;
      const std::int64_t bytes = left * (group_terms / 2) - part * 64;
      if (!whole && bytes <= 0) break;
      const LaneBits group = first_groups + part * static_cast<std::uint32_t>(stretch_groups);
#pragma GCC unroll 4
      for (int i = 0; i < Streams; ++i) {
        const std::uint8_t* from = codes + i * step * row_bytes + s * 64;
        fetch_line(to, from, ahead);
        const __m512i some = whole || bytes >= 64
                                 ? _mm512_loadu_si512(from)
                                 : _mm512_maskz_loadu_epi8((std::uint64_t{1} << bytes) - 1, from);
        const Lanes scale = reinterpret_cast<Lanes>(_mm512_maskz_permutexvar_ps(
            0xFFFF, as_vector(group), reinterpret_cast<__m512>(scales[i])));
        const auto found = x.look_up(some);
#pragma GCC unroll 8
        for (int t = 0; t < tokens; ++t) sum[i][t] += x.quarter_sums(found, s, t) * scale;
      }
    }
  };
  std::int64_t g = 0;
  for (; g + lane_count <= groups; g += lane_count) add_groups(g, std::true_type{}, lane_count);
  if (g < groups) add_groups(g, std::false_type{}, groups - g);
  for (int i = 0; i < Streams; ++i) {
    for (int t = 0; t < tokens; ++t) sums[i * tokens + t] = sum[i][t];
  }
}

/// Calls write(token, row, sum over k of weight[row][k] x[token][k]) for rows begin .. end - 1 of
/// MXFP4. The order of a sum depends only on the number of terms.
///
/// Products, for Products::tokens tokens: look_up(codes) converts 64 bytes of codes to the form
/// that quarter_sums() takes; quarter_sums(that, stretch, token) returns in each lane the sum of
/// the products of four bytes, a quarter of a group; Products::unit is the unit of the sums.
template <class Products, class Write>
void dot_rows_in_streams(const FourBitRows& w, std::int64_t begin, std::int64_t end,
                         const Products& x, const Write& write) {
  constexpr int tokens = Products::tokens, streams = tokens <= 4 ? 4 : 2;
  constexpr std::int64_t block = std::max(1, lane_count / (streams * tokens));
  const std::int64_t apart = (end - begin) / streams;
  for (std::int64_t r = 0; r < apart; r += block) {
    const std::int64_t rows = std::min(block, apart - r);
    constexpr int of_row = streams * tokens;
    Lanes sums[block * of_row] = {};
    for (std::int64_t i = 0; i < rows; ++i) {
      dot_streams<streams>(w, begin + r + i, apart, x, sums + i * of_row);
    }
    float totals[block * of_row];
    sums_of_lanes<block * of_row>(sums, totals);
    for (std::int64_t i = 0; i < rows * of_row; ++i) {
      const std::int64_t row = begin + r + i / of_row + i / tokens % streams * apart;
      write(i % tokens, row, Products::unit * totals[i]);
    }
  }
  for (std::int64_t row = begin + apart * streams; row < end; ++row) {
    Lanes sums[tokens];
    float totals[tokens];
    dot_streams<1>(w, row, 0, x, sums);
    sums_of_lanes<tokens>(sums, totals);
    for (std::int64_t t = 0; t < tokens; ++t) write(t, row, Products::unit * totals[t]);
  }
}

}  // namespace detail
}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
