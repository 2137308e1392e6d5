// Rows of four-bit weights times a few tokens on one CPU core: bytes are widened, looked up in a
// table scaled by the block's scale, and multiplied. The weight is read once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/common/cpu/few_tokens.hpp"
#include "kernels/common/cpu/four_bit_lanes.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {
namespace detail {

/// totals[r][t] = sum over k of weight[first + r][k] x[t][k].
template <int Rows, int Tokens>
void dot_four_bit_block(const FourBitRows& w, const ValueTable& table, std::int64_t first,
                        const FewTokens& x, float* totals) {
  constexpr std::int64_t stretch = 64;  // groups whose scales are converted to f32 at a time
  alignas(64) float scales[Rows][stretch];
  Lanes sum[Rows][Tokens] = {};
  const std::int64_t row_bytes = w.columns / 2, groups = w.columns / group_terms;
  const std::uint8_t* rows = w.codes + first * row_bytes;
  for (std::int64_t g0 = 0; g0 < groups; g0 += stretch) {
    const std::int64_t count = std::min(stretch, groups - g0);
    for (int r = 0; r < Rows; ++r) group_scales(w, first + r, g0, count, scales[r]);
    for (std::int64_t g = 0; g < count; ++g) {
      const std::int64_t at = (g0 + g) * (group_terms / 2);
      if (g % 4 == 0) {  // prefetches a line per row, one row block ahead
        const auto ahead = static_cast<std::uintptr_t>(at + Rows * row_bytes);
        for (int r = 0; r < Rows; ++r) {
          const auto row = reinterpret_cast<std::uintptr_t>(rows + r * row_bytes);
          // NOLINTNEXTLINE(performance-no-int-to-ptr): may lie past the array, where no pointer may
          __builtin_prefetch(reinterpret_cast<const char*>(row + ahead));
        }
      }
      for (std::int64_t part = 0; part < group_terms / 2; part += lane_count) {
        const float* low_x = x.data + (g0 + g) * group_terms + part;
        const float* high_x = low_x + group_terms / 2;
        Lanes low[Rows], high[Rows];
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
          const LaneBits both = load_byte_lanes(rows + r * row_bytes + at + part);
          const ValueTable scaled = table.scaled(scales[r][g]);
          low[r] = scaled[both];
          high[r] = scaled[both >> 4];
        }
#pragma GCC unroll 8
        for (int t = 0; t < Tokens; ++t) {
          const Lanes of_low = load_lanes(low_x + t * x.stride);
          const Lanes of_high = load_lanes(high_x + t * x.stride);
#pragma GCC unroll 8
          for (int r = 0; r < Rows; ++r) {
            sum[r][t] += low[r] * of_low;
            sum[r][t] += high[r] * of_high;
          }
        }
      }
    }
  }
  sums_of_lanes<Rows * Tokens>(&sum[0][0], totals);
}

/// The maximum number of rows of a block, and the number for `tokens` tokens such that the sums fit
/// in registers.
inline constexpr int max_block_rows = 8;
constexpr int four_bit_block_rows(std::int64_t tokens) {
  return tokens <= 2 ? max_block_rows : tokens <= 4 ? 4 : 3;
}

using FourBitBlock = void (*)(const FourBitRows&, const ValueTable&, std::int64_t, const FewTokens&,
                              float*);
template <int... T>
constexpr FourBitBlock four_bit_block(std::int64_t tokens, bool whole,
                                      std::integer_sequence<int, T...>) {
  constexpr FourBitBlock blocks[] = {dot_four_bit_block<four_bit_block_rows(T + 1), T + 1>...};
  constexpr FourBitBlock rows[] = {dot_four_bit_block<1, T + 1>...};
  return (whole ? blocks : rows)[tokens - 1];
}
}  // namespace detail

/// Calls write(token, row, sum over k of weight[row][k] x[token][k]) for rows begin .. end - 1 and
/// all of 1 to few_tokens tokens, whose numbers are laid out by grouped_place(). The order of a sum
/// depends only on the number of terms.
template <class Write>
void dot_four_bit_rows(const FourBitRows& w, std::int64_t begin, std::int64_t end,
                       const FewTokens& x, std::int64_t tokens, const Write& write) {
  constexpr auto counts = std::make_integer_sequence<int, few_tokens>{};
  const std::int64_t rows = detail::four_bit_block_rows(tokens);
  const detail::FourBitBlock block = detail::four_bit_block(tokens, true, counts);
  const detail::FourBitBlock one = detail::four_bit_block(tokens, false, counts);
  const ValueTable table(w);
  for (std::int64_t row = begin; row < end;) {
    const std::int64_t count = row + rows <= end ? rows : 1;
    float totals[detail::max_block_rows * few_tokens];
    (count == rows ? block : one)(w, table, row, x, totals);
    for (std::int64_t r = 0; r < count; ++r) {
      for (std::int64_t t = 0; t < tokens; ++t) write(t, row + r, totals[r * tokens + t]);
    }
    row += count;
  }
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
