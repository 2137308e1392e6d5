// Activations packed for the panel GEMM: f32, with adjacent tokens in adjacent vector lanes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/core/pieces.hpp"
#include "kernels/common/cpu/lane_blocks.hpp"

namespace kernelgate {

/// Maximum number of tokens multiplied per pass over a weight.
inline constexpr std::int64_t tokens_per_block = 256;
/// Terms of a sum that are added before the next weight rows: a panel of this depth stays in L1.
inline constexpr std::int64_t panel_depth = 256;
/// Lanes of a full panel; the last panel of a block may have half as many.
inline constexpr std::int64_t panel_lanes = 2 * lane_count;

/// A block of tokens, each with `terms` numbers, as [terms / panel_depth][panel][depth][lanes].
struct TokenPanels {
  float* data = nullptr;
  std::int64_t tokens = 0;
  std::int64_t terms = 0;

  /// The number of tokens, rounded up to whole registers.
  static std::int64_t lanes_of(std::int64_t tokens) { return rounded_up(tokens, lane_count); }
  /// The memory of a block, in floats; full blocks are contiguous.
  static std::int64_t floats_for(std::int64_t tokens, std::int64_t terms) {
    return lanes_of(tokens) * terms;
  }
  std::int64_t lanes() const { return lanes_of(tokens); }
  std::int64_t panels() const { return pieces(lanes(), panel_lanes); }
  std::int64_t width(std::int64_t panel) const {
    return std::min(panel_lanes, lanes() - panel * panel_lanes);
  }
  std::int64_t depth_at(std::int64_t k) const {  // of the stretch that begins at k
    return std::min(panel_depth, terms - k);
  }
  /// The panel's numbers from term k on, k a multiple of panel_depth.
  float* at(std::int64_t panel, std::int64_t k) const {
    return data + lanes() * k + panel * panel_lanes * depth_at(k);
  }

  /// Packs one panel; row_of(token) points to a token's numbers. Lanes without a token are set to
  /// 0.
  template <class RowOf>
  void pack(std::int64_t panel, const RowOf& row_of) const {
    for (std::int64_t k0 = 0; k0 < terms; k0 += panel_depth) {
      for (std::int64_t lane = 0; lane < width(panel); lane += lane_count) {
        pack_stretch(at(panel, k0) + lane, width(panel), panel * panel_lanes + lane, k0, row_of);
      }
    }
  }

  /// Stores element k of lane_count tokens from `lane` on.
  void put(std::int64_t lane, std::int64_t k, Lanes x) const {
    const std::int64_t panel = lane / panel_lanes, k0 = k / panel_depth * panel_depth;
    store_lanes(at(panel, k0) + (k - k0) * width(panel) + lane % panel_lanes, x);
  }
  /// The layout has no padding, so there is nothing to clear.
  void clear_padding(std::int64_t) const {}

 private:
  template <class RowOf>
  void pack_stretch(float* out, std::int64_t stride, std::int64_t token, std::int64_t k0,
                    const RowOf& row_of) const {
    const std::int64_t depth = depth_at(k0);
    for (std::int64_t k = 0; k < depth; k += lane_count) {
      const std::int64_t count = std::min<std::int64_t>(lane_count, depth - k);
      Lanes rows[lane_count];
      for (int i = 0; i < lane_count; ++i) {
        if (token + i >= tokens)
          rows[i] = Lanes{};
        else if (count == lane_count)
          rows[i] = load_lanes(row_of(token + i) + k0 + k);
        else
          rows[i] = load_some_lanes(row_of(token + i) + k0 + k, count);
      }
      transpose(rows);
      for (std::int64_t i = 0; i < count; ++i) store_lanes(out + (k + i) * stride, rows[i]);
    }
  }
};

}  // namespace kernelgate
