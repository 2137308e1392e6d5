// Activations packed for matrix units and pair lanes: two terms of a token form one word, and
// tokens are adjacent.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "harness/core/pieces.hpp"
#include "kernels/common/cpu/matrix_units.hpp"
#include "kernels/common/cpu/pair_lanes.hpp"
#include "kernels/common/cpu/token_panels.hpp"

#if defined(KERNELGATE_AMX) || defined(KERNELGATE_PAIR_LANES)
namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// A block of tokens, each with `terms` numbers of bf16 padded with zeros to whole tiles, as
/// [panel][terms / 2][lane][2]. Memory is counted in floats, as in TokenPanels.
struct PairPanels {
  static_assert(lane_count == unit_rows);

  float* data = nullptr;
  std::int64_t tokens = 0;
  std::int64_t terms = 0;

  static std::int64_t padded(std::int64_t terms) { return rounded_up(terms, unit_terms); }
  static std::int64_t floats_for(std::int64_t tokens, std::int64_t terms) {
    return TokenPanels::lanes_of(tokens) * padded(terms) / 2;
  }
  std::int64_t lanes() const { return TokenPanels::lanes_of(tokens); }
  std::int64_t panels() const { return pieces(lanes(), panel_lanes); }
  std::int64_t width(std::int64_t panel) const {
    return std::min(panel_lanes, lanes() - panel * panel_lanes);
  }
  /// The panel's words from term k on, k even.
  float* at(std::int64_t panel, std::int64_t k) const {
    return data + panel * panel_lanes * padded(terms) / 2 + k / 2 * width(panel);
  }

  /// Packs one panel; row_of(token) points to a token's numbers. Lanes without a token are set to
  /// 0.
  template <class RowOf>
  void pack(std::int64_t panel, const RowOf& row_of) const {
    for (std::int64_t lane = 0; lane < width(panel); lane += lane_count) {
      for (std::int64_t k = 0; k < terms; k += unit_terms) {
        pack_tile(at(panel, k) + lane, width(panel), panel * panel_lanes + lane, k, row_of);
      }
    }
  }

  /// Stores element k of lane_count tokens from `lane` on, as bf16. The even one of a pair must be
  /// stored first.
  void put(std::int64_t lane, std::int64_t k, Lanes x) const {
    bf16 rounded[lane_count];
    store_lanes(rounded, x);
    LaneHalves halves;
    std::memcpy(&halves, rounded, sizeof halves);
    LaneBits words = __builtin_convertvector(halves, LaneBits);
    float* to = at(lane / panel_lanes, k / 2 * 2) + lane % panel_lanes;
    if (k % 2 == 1) {
      LaneBits even;
      std::memcpy(&even, to, sizeof even);
      words = even | words << 16;
    }
    std::memcpy(to, &words, sizeof words);
  }
  /// Sets the padding after the last term to zero, for callers of put(). Storing an odd last term
  /// pads its own pair.
  void clear_padding(std::int64_t panel) const {
    const std::int64_t from = (terms + 1) / 2 * 2;
    std::memset(
        at(panel, from), 0,
        static_cast<std::size_t>((padded(terms) - from) / 2 * width(panel)) * sizeof(float));
  }

  /// The same memory as panels of words, for multiply_wide_rows().
  struct Words;

 private:
  // Transposes a tile of 16 tokens by 16 pairs. Moving words as floats preserves their bits.
  template <class RowOf>
  void pack_tile(float* out, std::int64_t stride, std::int64_t token, std::int64_t k,
                 const RowOf& row_of) const {
    const std::int64_t count = std::min(unit_terms, terms - k);
    Lanes rows[lane_count] = {};
    for (int i = 0; i < lane_count && token + i < tokens; ++i) {
      std::memcpy(&rows[i], row_of(token + i) + k, static_cast<std::size_t>(count) * sizeof(bf16));
    }
    transpose(rows);
    for (int pair = 0; pair < lane_count; ++pair) store_lanes(out + pair * stride, rows[pair]);
  }
};

struct PairPanels::Words {
  PairPanels x;
  std::int64_t terms = padded(x.terms) / 2;  // words

  std::int64_t panels() const { return x.panels(); }
  std::int64_t width(std::int64_t panel) const { return x.width(panel); }
  std::int64_t depth_at(std::int64_t k) const { return std::min(panel_depth, terms - k); }
  float* at(std::int64_t panel, std::int64_t k) const { return x.at(panel, 2 * k); }
};

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
#endif
