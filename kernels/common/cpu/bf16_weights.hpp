// bf16 weights for the CPU products that multiply bf16 directly (AMX, AVX512_BF16): row dots for
// few tokens, panels for more. Four-bit weights are in four_bit_weight.hpp.
#pragma once

#include <optional>
#include <string>

#include "harness/core/dtype.hpp"
#include "kernels/common/cpu/few_tokens.hpp"
#include "kernels/common/cpu/pair_gemm.hpp"
#include "kernels/common/cpu/panel_gemm.hpp"
#include "kernels/common/cpu/tile_gemm.hpp"

namespace kernelgate {

/// Rows of bf16 in row-major storage.
struct Bf16Rows {
  const bf16* data = nullptr;
  std::int64_t terms = 0;

  std::int64_t row_bytes() const { return terms * static_cast<std::int64_t>(sizeof(bf16)); }
  std::int64_t stream_bytes() const { return std::int64_t{1} << 17; }  // per chunk of dots()
  Bf16Rows from(std::int64_t row) const { return {data + row * terms, terms}; }
};

/// Maximum number of tokens that use row dots although there are matrix units: from 3 on, f32
/// activations make row dots more expensive than tiles that are mostly idle.
inline constexpr std::int64_t max_before_units = 2;

/// The reason why a product of `tokens` tokens in `type` does not multiply bf16 directly; nothing
/// if it does, given a processor that can.
inline std::optional<std::string> no_bf16_product(Dtype type, std::int64_t tokens) {
  if (type != Dtype::bf16) return "multiplies bf16, not " + std::string(name(type));
  if (tokens <= max_before_units) {
    return "needs at least 3 tokens, got " + std::to_string(tokens) + "; use variant kokkos";
  }
  return std::nullopt;
}
/// The same for matrix units, and for pair lanes.
inline std::optional<std::string> no_matrix_units(Dtype type, std::int64_t tokens) {
  const auto unsupported_reason = no_bf16_product(type, tokens);
  return unsupported_reason ? unsupported_reason : matrix_units_unsupported_reason();
}
inline std::optional<std::string> no_pair_lanes(Dtype type, std::int64_t tokens) {
  const auto unsupported_reason = no_bf16_product(type, tokens);
  return unsupported_reason ? unsupported_reason : pair_lanes_unsupported_reason();
}

#ifdef KERNELGATE_AMX
/// Rows of bf16 that are multiplied on the processor's matrix units if there are many tokens.
struct UnitWeight {
  using Panels = PairPanels;
  static constexpr std::int64_t rows_per_tile = unit_block_rows;
  static constexpr std::int64_t max_streamed = max_before_units;
  static_assert(rows_a_call / 2 % unit_block_rows == 0);

  Bf16Rows rows;

  std::int64_t row_bytes() const { return rows.row_bytes(); }
  std::int64_t stream_bytes() const { return rows.stream_bytes(); }
  UnitWeight from(std::int64_t row) const { return {rows.from(row)}; }
  /// Converts the activations of one token to the layout of dots().
  void lay_out(const bf16* x, float* to) const {
    for (std::int64_t k = 0; k < rows.terms; ++k) to[k] = to_float(x[k]);
  }
  /// Stores `count` results of a product as elements from k on of a token's activations for the
  /// next product.
  void lay_out_lanes(float* token, std::int64_t k, Lanes x, std::int64_t count) const {
    store_some_lanes(token + k, x, count);
  }
  template <class Write>
  void dots(std::int64_t begin, std::int64_t end, const FewTokens& x, std::int64_t tokens,
            const Write& write) const {
    dot_rows<WidenedTerms>(rows.data, begin, end, x, tokens, write);
  }
  void multiply(std::int64_t count, const PairPanels& x, PanelWorkspace work) const {
    multiply_on_units(rows.data, count, x, work.sums);
  }
};
#endif

#ifdef KERNELGATE_PAIR_LANES
/// Rows of bf16 that vector lanes multiply in pairs of terms. A token's activations stay bf16, in
/// the first half of their f32 buffer.
struct PairWeight {
  using Panels = PairPanels;
  static constexpr std::int64_t rows_per_tile = tile_rows;
  static constexpr std::int64_t max_streamed = few_tokens;

  Bf16Rows rows;

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
