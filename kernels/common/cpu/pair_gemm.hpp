// Weight rows times pair panels in vector lanes: the panel GEMM with two terms per 32-bit number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/common/cpu/pair_panels.hpp"
#include "kernels/common/cpu/panel_gemm.hpp"

#ifdef KERNELGATE_PAIR_LANES
namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// Rows of bf16 with the interface of multiply_wide_rows(); zeros after the last term, up to whole
/// tiles of the panels.
struct PairRows {
  const bf16* data = nullptr;
  std::int64_t terms = 0;

  void widen_row(std::int64_t row, std::int64_t k0, std::int64_t depth, float* out,
                 std::int64_t line_stride) const {
    const bf16* from = data + row * terms + 2 * k0;
    for (std::int64_t k = 0; k < depth; k += line_terms, out += line_stride) {
      const std::int64_t there = std::clamp<std::int64_t>(terms - 2 * (k0 + k), 0, 2 * line_terms);
      if (there == 2 * line_terms) {
        std::memcpy(out, from + 2 * k, 2 * line_terms * sizeof(bf16));
        continue;
      }
      std::memset(out, 0, line_terms * sizeof(float));
      std::memcpy(out, from + 2 * k, static_cast<std::size_t>(there) * sizeof(bf16));
    }
  }
  void fetch_ahead(Ahead& ahead, std::int64_t row, std::int64_t k0) const {
    ahead.weight = reinterpret_cast<const char*>(data + row * terms + 2 * k0);
    ahead.row_bytes = terms * static_cast<std::int64_t>(sizeof(bf16));
    ahead.element_bytes = 2 * sizeof(bf16);
  }
};

/// sums[r][lane] = sum over k of weight[r][k] x[lane][k] for `rows` <= rows_a_call rows of a weight
/// of x.terms columns, in the layout of PanelWorkspace::sums.
inline void multiply_pairs(const bf16* weight, std::int64_t rows, const PairPanels& x,
                           PanelWorkspace work) {
  multiply_wide_rows<PairProduct>(PairRows{weight, x.terms}, rows, PairPanels::Words{x}, work);
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
#endif
