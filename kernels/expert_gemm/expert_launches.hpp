// Host side that native expert_gemm and its four-bit form share: launch sizes, memory between the
// launches, and the three launches that sort the tokens by expert.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/pieces.hpp"
#include "harness/native/plan.hpp"

namespace kernelgate {

inline constexpr std::int64_t expert_threads = 256;
inline constexpr std::int64_t expert_sort_tokens = 256;  // per block: expert_tokens_per_block

/// The two products: kernels, inner columns per block, outputs per block, threads per block.
struct ExpertProducts {
  const char* gate_up;
  const char* down;
  std::int64_t inner = 32, outputs = 64, threads = expert_threads;
  MatrixFamily matrix = MatrixFamily::none;
};

/// Tiles as tall as an expert's share of the tokens, so that decode does not multiply zeros.
template <class C>
std::int64_t expert_tile_rows(const C& c) {
  return c.tokens / c.experts <= 32 ? 16 : 64;
}

/// The five launches: count, scan and place the tokens, gate and up, down. `sort` begins the names
/// of the first three: "expert_".
template <class C>
std::vector<NativeUse> expert_uses(const C& c, const DeviceProfile& device, std::string_view sort,
                                   const ExpertProducts& products) {
  const std::int64_t rows = expert_tile_rows(c), blocks = pieces(c.tokens, expert_sort_tokens);
  const auto group = [&](const char* kernel, std::int64_t count) {
    return NativeUse{.entry = fmt::format("{}{}<w{}>", sort, kernel, device.wave),
                     .grid = {count, 1, 1},
                     .threads = expert_threads};
  };
  // A bin's last tile may have one token: at most one such tile per bin beyond tokens / rows.
  const auto product = [&](const char* kernel, std::int64_t ranges, std::int64_t bins) {
    return NativeUse{
        .entry = fmt::format("{}<{},w{},rows{}>", kernel, name(c.type), device.wave, rows),
        .grid = {ranges, c.tokens / rows + bins, 1},
        .threads = products.threads,
        .matrix = products.matrix};
  };
  return {group("count", blocks), group("scan", 1), group("place", blocks),
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
        blocks(number(pieces(c.tokens, expert_sort_tokens))),
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
