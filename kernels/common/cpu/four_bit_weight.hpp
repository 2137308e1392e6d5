// A four-bit weight with the interface of the CPU products (bf16_weights.hpp: the same for bf16).
#pragma once

#include <cstring>
#include <type_traits>
#include <vector>

#include "kernels/common/cpu/four_bit_dots.hpp"
#include "kernels/common/cpu/four_bit_integers.hpp"
#include "kernels/common/cpu/four_bit_pairs.hpp"
#include "kernels/common/cpu/panel_gemm.hpp"

namespace kernelgate {

/// Rows of four-bit weights, for activations of type T. For few tokens the activations are laid out
/// for the dots: bf16 at pair_place(), in the first half of their f32 buffer, or f32 at
/// grouped_place().
template <class T>
class FourBitWeight {
 public:
  using Panels = TokenPanels;
  static constexpr std::int64_t rows_per_tile = tile_rows;
  static constexpr std::int64_t max_streamed = few_tokens;

  explicit FourBitWeight(const FourBitRows& rows)
      : rows_(rows), in_pairs_(std::is_same_v<T, bf16> && pairs_suit(rows)) {}

  std::int64_t row_bytes() const { return rows_.columns / 2; }
  /// Bytes per chunk of dots(): large enough to amortise the start of four streams, whose first
  /// lines are not prefetched, and for integer arithmetic the conversion of the token to digits.
  std::int64_t stream_bytes() const { return std::int64_t{1} << 18; }
  FourBitWeight from(std::int64_t row) const {
    FourBitWeight there = *this;
    there.rows_ = rows_.from(row);
    return there;
  }

  void lay_out(const T* x, float* to) const {
    if constexpr (std::is_same_v<T, bf16>) {
      if (in_pairs_) return lay_out_pairs(x, rows_.columns, words_of(to));
    }
    group_terms_of(rows_, x, to);
  }
  void lay_out_lanes(float* token, std::int64_t k, Lanes x, std::int64_t count) const {
    if (!in_pairs_) {
      for (std::int64_t i = 0; i < count; ++i) token[grouped_place(rows_, k + i)] = x[i];
      return;
    }
    bf16 rounded[lane_count];
    store_lanes(rounded, x);
    for (std::int64_t i = 0; i < count; ++i) {
      std::memcpy(words_of(token) + pair_place(k + i), rounded + i, sizeof(bf16));
    }
  }

  template <class Write>
  void dots(std::int64_t begin, std::int64_t end, const FewTokens& x, std::int64_t tokens,
            const Write& write) const {
    if constexpr (std::is_same_v<T, bf16>) {
      if (in_pairs_) return dots_of_pairs(begin, end, x, tokens, write);
    }
    dots_of_grouped(begin, end, x, tokens, write);
  }

  void multiply(std::int64_t count, const TokenPanels& x, PanelWorkspace work) const {
    multiply_wide_rows(FourBitLines{rows_, ValueTable(rows_)}, count, x, work);
  }

 private:
  static std::uint16_t* words_of(float* x) { return reinterpret_cast<std::uint16_t*>(x); }
  static const std::uint16_t* words_of(const float* x) {
    return reinterpret_cast<const std::uint16_t*>(x);
  }

  template <class Write>
  void dots_of_pairs(std::int64_t begin, std::int64_t end, const FewTokens& x, std::int64_t tokens,
                     const Write& write) const {
    const std::uint16_t* words = words_of(x.data);
    if (dot_four_bit_rows_in_pairs(rows_, begin, end, words, 2 * x.stride, tokens, write)) return;
    std::vector<float> grouped(static_cast<std::size_t>(tokens * x.stride));
    for (std::int64_t t = 0; t < tokens; ++t) {
      for (std::int64_t k = 0; k < rows_.columns; ++k) {
        bf16 word;
        std::memcpy(&word, words + 2 * t * x.stride + pair_place(k), sizeof word);
        grouped[static_cast<std::size_t>(t * x.stride + grouped_place(rows_, k))] = to_float(word);
      }
    }
    dots_of_grouped(begin, end, {grouped.data(), x.stride, x.terms}, tokens, write);
  }
  template <class Write>
  void dots_of_grouped(std::int64_t begin, std::int64_t end, const FewTokens& x,
                       std::int64_t tokens, const Write& write) const {
    if (tokens == 1 && dot_four_bit_rows_in_integers(rows_, begin, end, x, write)) return;
    dot_four_bit_rows(rows_, begin, end, x, tokens, write);
  }

  /// The weight interface of multiply_wide_rows().
  struct FourBitLines {
    FourBitRows rows;
    ValueTable table;

    void widen_row(std::int64_t row, std::int64_t k0, std::int64_t depth, float* out,
                   std::int64_t line_stride) const {
      widen_four_bit(rows, table, row, k0, depth, out, line_stride);
    }
    // A stretch is two cache lines of a row: the decoding hides their latency.
    void fetch_ahead(Ahead&, std::int64_t, std::int64_t) const {}
  };

  FourBitRows rows_;
  bool in_pairs_;
};

}  // namespace kernelgate
