// Host side that native expert_gemm and its four-bit form share: launch sizes, memory between the
// launches, and the three launches that sort the tokens by expert.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/pieces.hpp"
#include "harness/native/plan.hpp"
#include "kernels/expert_gemm/expert_gemm_launch.hpp"

namespace kernelgate {

/// Sizes of the two products' blocks: inner columns, outputs, threads; and whether they use matrix
/// instructions.
struct ExpertBlocks {
  std::int64_t inner = expert_inner, outputs = expert_outputs, threads = expert_threads;
  MatrixFamily matrix = MatrixFamily::none;
};

/// Tiles as tall as an expert's share of the tokens, so that decode does not multiply zeros.
template <class C>
std::int64_t expert_tile_rows(const C& c) {
  return c.tokens / c.experts <= 32 ? 16 : 64;
}

/// The five launches: count, scan and place the tokens, gate and up, down.
template <class C>
std::vector<NativeUse> expert_uses(const C& c, const DeviceProfile& device,
                                   const ExpertKernels& kernels, const ExpertBlocks& sizes = {}) {
  const std::int64_t rows = expert_tile_rows(c), blocks = pieces(c.tokens, expert_tokens_per_block);
  const auto group = [&](std::string_view kernel, std::int64_t count) {
    return NativeUse{.entry = std::string(expert_sort_name(kernel, device.wave)),
                     .grid = {count, 1, 1},
                     .threads = expert_threads};
  };
  // A bin's last tile may have one token: at most one such tile per bin beyond tokens / rows.
  const auto product = [&](std::string_view kernel, std::int64_t ranges, std::int64_t bins) {
    return NativeUse{
        .entry = std::string(expert_product_name(kernel, name(c.type), device.wave, rows)),
        .grid = {ranges, c.tokens / rows + bins, 1},
        .threads = sizes.threads,
        .matrix = sizes.matrix};
  };
  return {group(kernels.count, blocks), group(kernels.scan, 1), group(kernels.place, blocks),
          product(kernels.gate_up, pieces(c.inter, sizes.inner), c.experts),
          product(kernels.down, pieces(c.hidden, sizes.outputs), c.experts + 1)};
}

/// Sizes as kernels take them, and the memory between the launches.
struct ExpertRun {
  std::uint32_t tokens, experts, hidden, inter, identity, blocks;
  std::byte *count, *offset, *order, *inner;

  template <class C>
  ExpertRun(const C& c, NativeTensors& memory)
      : tokens(number(c.tokens)),
        experts(number(c.experts)),
        hidden(number(c.hidden)),
        inter(number(c.inter)),
        identity(c.skip == decltype(c.skip)::identity ? 1 : 0),
        blocks(number(pieces(c.tokens, expert_tokens_per_block))),
        count(memory.scratch((c.experts + 1) * std::int64_t{blocks} * 4, "count")),
        offset(memory.scratch((c.experts + 2) * 4, "offset")),
        order(memory.scratch(c.tokens * 4, "order")),
        inner(memory.scratch(c.tokens * c.inter * size_bytes(c.type), "inner")) {}

  /// Makes the first three launches.
  void sort(NativeDevice& device, const NativeEntrySet& entries, const std::vector<NativeUse>& uses,
            std::byte* choice) const {
    launch_use(device, entries, uses[0], choice, tokens, experts, count);
    launch_use(device, entries, uses[1], count, blocks, experts, offset);
    launch_use(device, entries, uses[2], choice, tokens, experts, count, offset, order);
  }

 private:
  static std::uint32_t number(std::int64_t n) { return static_cast<std::uint32_t>(n); }
};

}  // namespace kernelgate
