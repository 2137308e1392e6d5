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

/// Names of the instances that sort the tokens.
struct ExpertSortNames {
  InstanceName (*count)(std::int64_t wave);
  InstanceName (*scan)(std::int64_t wave);
  InstanceName (*place)(std::int64_t wave);
};
inline constexpr ExpertSortNames expert_sort_names{expert_count_name, expert_scan_name,
                                                   expert_place_name};

/// The two products: instances, inner columns per block, outputs per block, threads per block.
struct ExpertProducts {
  InstanceName (*gate_up)(std::string_view type, std::int64_t wave, std::int64_t rows);
  InstanceName (*down)(std::string_view type, std::int64_t wave, std::int64_t rows);
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
                                   const ExpertSortNames& sort, const ExpertProducts& products) {
  const std::int64_t rows = expert_tile_rows(c), blocks = pieces(c.tokens, expert_tokens_per_block);
  const auto group = [&](const auto& entry, std::int64_t count) {
    return NativeUse{
        .entry = std::string(entry(device.wave)), .grid = {count, 1, 1}, .threads = expert_threads};
  };
  // A bin's last tile may have one token: at most one such tile per bin beyond tokens / rows.
  const auto product = [&](const auto& entry, std::int64_t ranges, std::int64_t bins) {
    return NativeUse{.entry = std::string(entry(name(c.type), device.wave, rows)),
                     .grid = {ranges, c.tokens / rows + bins, 1},
                     .threads = products.threads,
                     .matrix = products.matrix};
  };
  return {group(sort.count, blocks), group(sort.scan, 1), group(sort.place, blocks),
          product(products.gate_up, pieces(c.inter, products.inner), c.experts),
          product(products.down, pieces(c.hidden, products.outputs), c.experts + 1)};
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
