// Weight rows times a few tokens on one CPU core: the weight is read once, in its stored layout, at
// memory bandwidth.
#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/core/pieces.hpp"
#include "kernels/common/cpu/fetch_level.hpp"
#include "kernels/common/cpu/lane_blocks.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// Maximum number of tokens per pass.
inline constexpr int few_tokens = 8;

/// Activations in f32, token after token, each padded with zeros to whole registers.
struct FewTokens {
  const float* data = nullptr;
  std::int64_t stride = 0;  // per token
  std::int64_t terms = 0;

  static std::int64_t stride_of(std::int64_t terms) { return rounded_up(terms, lane_count); }
};

/// For dot_rows(): a register contains lane_count terms of bf16, widened to f32.
struct WidenedTerms {
  static constexpr std::int64_t step = lane_count;

  static Lanes weight(const bf16* row) { return load_lanes(row); }
  static Lanes weight(const bf16* row, std::int64_t count) { return load_some_lanes(row, count); }
  static Lanes activation(const float* token, std::int64_t k) { return load_lanes(token + k); }
  static Lanes activation(const float* token, std::int64_t k, std::int64_t /*count*/) {
    return load_lanes(token + k);  // padded with zeros
  }
  static void add(Lanes& sum, Lanes w, Lanes x) { sum += w * x; }
};

namespace detail {
template <class Terms, class T, int Rows, int Tokens, class Write>
void dot_block(const T* weight, std::int64_t first, const FewTokens& x, const Write& write) {
  const FetchTo to = fetch_level();
  Lanes sum[Rows][Tokens] = {};
  const T* rows = weight + first * x.terms;
  constexpr std::int64_t line = 64 / static_cast<std::int64_t>(sizeof(T));
  constexpr std::int64_t ahead = 16 * line;
  const std::int64_t whole = x.terms / Terms::step * Terms::step;
  for (std::int64_t k = 0; k < whole; k += Terms::step) {
    if (k % line == 0) {  // hardware prefetching stops at each page; rows are about a page long
      // Ahead in the same row, or past its end in the row of the next block. The address may be
      // invalid.
      const std::int64_t there = k + ahead < x.terms ? k + ahead : k + ahead + (Rows - 1) * x.terms;
      const auto bytes = static_cast<std::uintptr_t>(there) * sizeof(T);
      for (int r = 0; r < Rows; ++r) fetch_line(to, rows + r * x.terms, bytes);
    }
    Lanes w[Rows];
    for (int r = 0; r < Rows; ++r) w[r] = Terms::weight(rows + r * x.terms + k);
    for (int t = 0; t < Tokens; ++t) {
      const Lanes activation = Terms::activation(x.data + t * x.stride, k);
      for (int r = 0; r < Rows; ++r) Terms::add(sum[r][t], w[r], activation);
    }
  }
  if (whole < x.terms) {
    for (int r = 0; r < Rows; ++r) {
      const Lanes w = Terms::weight(rows + r * x.terms + whole, x.terms - whole);
      for (int t = 0; t < Tokens; ++t) {
        Terms::add(sum[r][t], w, Terms::activation(x.data + t * x.stride, whole, x.terms - whole));
      }
    }
  }
  float totals[Rows * Tokens];
  sums_of_lanes<Rows * Tokens>(&sum[0][0], totals);
  for (int r = 0; r < Rows; ++r) {
    for (int t = 0; t < Tokens; ++t) write(t, first + r, totals[r * Tokens + t]);
  }
}

template <class Terms, class T, int Tokens, class Write>
void dot_rows_of(const T* weight, std::int64_t begin, std::int64_t end, const FewTokens& x,
                 const Write& write) {
  // As many streams as have sums that fit in registers; memory is fastest with 4 to 8 streams.
  constexpr int rows = lane_count == 16 ? (Tokens <= 2   ? 8
                                           : Tokens <= 4 ? 6
                                                         : 3)
                                        : (Tokens <= 2   ? 4
                                           : Tokens <= 4 ? 2
                                                         : 1);
  std::int64_t row = begin;
  for (; row + rows <= end; row += rows) dot_block<Terms, T, rows, Tokens>(weight, row, x, write);
  for (; row < end; ++row) dot_block<Terms, T, 1, Tokens>(weight, row, x, write);
}

}  // namespace detail

/// Calls write(token, row, sum over k of weight[row][k] x[token][k]) for rows begin .. end - 1 and
/// all of 1 to few_tokens tokens. Terms defines the multiplication: WidenedTerms or PairTerms. The
/// order of a sum depends only on x.terms.
template <class Terms, class T, class Write>
void dot_rows(const T* weight, std::int64_t begin, std::int64_t end, const FewTokens& x,
              std::int64_t tokens, const Write& write) {
  switch (tokens) {
    case 1:
      return detail::dot_rows_of<Terms, T, 1>(weight, begin, end, x, write);
    case 2:
      return detail::dot_rows_of<Terms, T, 2>(weight, begin, end, x, write);
    case 3:
      return detail::dot_rows_of<Terms, T, 3>(weight, begin, end, x, write);
    case 4:
      return detail::dot_rows_of<Terms, T, 4>(weight, begin, end, x, write);
    case 5:
      return detail::dot_rows_of<Terms, T, 5>(weight, begin, end, x, write);
    case 6:
      return detail::dot_rows_of<Terms, T, 6>(weight, begin, end, x, write);
    case 7:
      return detail::dot_rows_of<Terms, T, 7>(weight, begin, end, x, write);
    default:
      return detail::dot_rows_of<Terms, T, 8>(weight, begin, end, x, write);
  }
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
