// A weight's rows times many tokens on all host threads: tokens are packed in blocks, and a task
// multiplies some rows of the weight with one block.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/common/cpu/bf16_weights.hpp"
#include "kernels/common/cpu/work_items.hpp"

namespace kernelgate {

/// Calls write(token, row, sums, count) for all `tokens` rows of x [tokens,in] and all `out` rows
/// of w: the lanes of `sums` contain the sums of `count` rows of the weight from `row` on. `packed`
/// has memory for all tokens (Weight::Panels::floats_for), `memory` has a PanelWorkspace per
/// thread. Weight: a type of bf16_weights.hpp, or FourBitWeight.
template <class Weight, class X, class Write>
void panel_product(const Weight& w, const X* x, std::int64_t in, std::int64_t out,
                   std::int64_t tokens, float* packed, const ThreadMemory& memory,
                   const Write& write) {
  using Panels = typename Weight::Panels;
  const std::int64_t blocks = pieces(tokens, tokens_per_block);
  // Full blocks fill whole registers, so blocks are stored contiguously.
  const auto block_at = [=](std::int64_t b) {
    const std::int64_t first = b * tokens_per_block;
    return Panels{packed + Panels::floats_for(first, in),
                  std::min(tokens_per_block, tokens - first), in};
  };
  constexpr std::int64_t panels = tokens_per_block / panel_lanes;
  for_each_host_item("pack tokens", blocks * panels, [&](std::int64_t item) {
    const Panels to = block_at(item / panels);
    if (item % panels >= to.panels()) return;
    const X* first = x + item / panels * tokens_per_block * in;
    to.pack(item % panels, [=](std::int64_t t) { return first + t * in; });
  });
  const std::int64_t rows = rows_a_piece(out, blocks, Weight::rows_per_tile);
  const std::int64_t ranges = pieces(out, rows);
  for_each_host_item("multiply panels", blocks * ranges, [&](std::int64_t item) {
    const std::int64_t b = item / ranges, o0 = item % ranges * rows;
    const std::int64_t count = std::min(rows, out - o0);
    const Panels from = block_at(b);
    memory.with([&](float* floats) {
      const PanelWorkspace work(floats);
      w.from(o0).multiply(count, from, work);
      hand_out_sums(work.sums, count, from.tokens,
                    [&](std::int64_t t, std::int64_t r, Lanes sums, std::int64_t lanes) {
                      write(b * tokens_per_block + t, o0 + r, sums, lanes);
                    });
    });
  });
}

}  // namespace kernelgate
