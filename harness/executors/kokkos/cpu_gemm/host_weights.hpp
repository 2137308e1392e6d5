// A weight matrix as the CPU's products see it, however it is stored: row dots for a few tokens,
// panels for more.
#pragma once

#include <optional>
#include <string>

#include "harness/core/dtype.hpp"
#include "harness/executors/kokkos/cpu_gemm/pair_gemm.hpp"
#include "harness/executors/kokkos/cpu_gemm/panel_gemm.hpp"
#include "harness/executors/kokkos/cpu_gemm/row_dots.hpp"
#include "harness/executors/kokkos/cpu_gemm/tile_gemm.hpp"

namespace kernelgate {

/// Rows of numbers of a storage type.
template <class T>
struct StoredWeight {
  using Panels = TokenPanels;
  static constexpr std::int64_t rows_a_tile = tile_rows;
  static constexpr std::int64_t most_streamed = few_tokens;  // tokens by dots()

  const T* data = nullptr;
  std::int64_t terms = 0;

  std::int64_t row_bytes() const { return terms * static_cast<std::int64_t>(sizeof(T)); }
  std::int64_t stream_bytes() const { return std::int64_t{1} << 17; }  // of a piece of dots()
  StoredWeight from(std::int64_t row) const { return {data + row * terms, terms}; }

  /// The activations of one token as dots() takes them.
  template <class X>
  void lay_out(const X* x, float* to) const {
    widen(x, terms, to);
  }
  /// `count` results of a product, elements k and behind of a token's activations for the next one.
  void lay_out_lanes(float* token, std::int64_t k, Lanes x, std::int64_t count) const {
    store_some_lanes(token + k, x, count);
  }
  template <class Write>
  void dots(std::int64_t begin, std::int64_t end, const FewTokens& x, std::int64_t tokens,
            const Write& write) const {
    dot_rows<WidenedTerms<T>>(data, begin, end, x, tokens, write);
  }
  void multiply(std::int64_t rows, const TokenPanels& x, PanelWorkspace work) const {
    multiply_rows(data, rows, x, work);
  }
};

/// Most tokens whose weight is streamed past them though there are matrix units: from 3 on, the
/// activations in f32 cost row dots more than tiles that are mostly idle.
inline constexpr std::int64_t most_before_units = 2;

/// Why a product of `tokens` tokens in `type` does not multiply bf16 as it is stored; nothing when
/// it does, if the processor can.
inline std::optional<std::string> no_bf16_product(Dtype type, std::int64_t tokens) {
  if (type != Dtype::bf16) return "multiplies bf16, not " + std::string(name(type));
  if (tokens <= most_before_units)
    return "1 or 2 tokens take a stream of the weight, variant kokkos";
  return std::nullopt;
}
/// The same of matrix units, and of pair lanes.
inline std::optional<std::string> no_matrix_units(Dtype type, std::int64_t tokens) {
  const auto refusal = no_bf16_product(type, tokens);
  return refusal ? refusal : matrix_units_refusal();
}
inline std::optional<std::string> no_pair_lanes(Dtype type, std::int64_t tokens) {
  const auto refusal = no_bf16_product(type, tokens);
  return refusal ? refusal : pair_lanes_refusal();
}

#ifdef KERNELGATE_AMX
/// Rows of bf16 that the processor's matrix units multiply where tokens are many.
struct UnitWeight {
  using Panels = PairPanels;
  static constexpr std::int64_t rows_a_tile = unit_block_rows;
  static constexpr std::int64_t most_streamed = most_before_units;
  static_assert(rows_a_call / 2 % unit_block_rows == 0);

  StoredWeight<bf16> rows;

  std::int64_t row_bytes() const { return rows.row_bytes(); }
  std::int64_t stream_bytes() const { return rows.stream_bytes(); }
  UnitWeight from(std::int64_t row) const { return {rows.from(row)}; }
  void lay_out(const bf16* x, float* to) const { rows.lay_out(x, to); }
  void lay_out_lanes(float* token, std::int64_t k, Lanes x, std::int64_t count) const {
    rows.lay_out_lanes(token, k, x, count);
  }
  template <class Write>
  void dots(std::int64_t begin, std::int64_t end, const FewTokens& x, std::int64_t tokens,
            const Write& write) const {
    rows.dots(begin, end, x, tokens, write);
  }
  void multiply(std::int64_t count, const PairPanels& x, PanelWorkspace work) const {
    multiply_on_units(rows.data, count, x, work.sums);
  }
};
#endif

#ifdef KERNELGATE_PAIR_LANES
/// Rows of bf16 that vector lanes multiply in pairs of terms. A token's activations stay bf16, in
/// the front half of what it has for f32.
struct PairWeight {
  using Panels = PairPanels;
  static constexpr std::int64_t rows_a_tile = tile_rows;
  static constexpr std::int64_t most_streamed = few_tokens;

  StoredWeight<bf16> rows;

  std::int64_t row_bytes() const { return rows.row_bytes(); }
  std::int64_t stream_bytes() const { return rows.stream_bytes(); }
  PairWeight from(std::int64_t row) const { return {rows.from(row)}; }
  void lay_out(const bf16* x, float* to) const {
    std::memcpy(to, x, static_cast<std::size_t>(rows.row_bytes()));
  }
  void lay_out_lanes(float* token, std::int64_t k, Lanes x, std::int64_t count) const {
    bf16 rounded[lane_count];
    store_lanes(rounded, x);
    std::memcpy(reinterpret_cast<char*>(token) + k * static_cast<std::int64_t>(sizeof(bf16)),
                rounded, static_cast<std::size_t>(count) * sizeof(bf16));
  }
  template <class Write>
  void dots(std::int64_t begin, std::int64_t end, const FewTokens& x, std::int64_t tokens,
            const Write& write) const {
    dot_rows<PairTerms>(rows.data, begin, end, x, tokens, write);
  }
  void multiply(std::int64_t count, const PairPanels& x, PanelWorkspace work) const {
    multiply_pairs(rows.data, count, x, work);
  }
};
#endif

}  // namespace kernelgate
