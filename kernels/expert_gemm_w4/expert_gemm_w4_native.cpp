// expert_gemm_w4, native: the host side. Five launches: count, scan and place the tokens, gate and
// up, down.
#include <fmt/format.h>

#include <bit>

#include "harness/core/pieces.hpp"
#include "harness/native/plan.hpp"
#include "kernels/expert_gemm_w4/expert_gemm_w4.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t threads = 256;
constexpr std::int64_t tokens_per_block = 256;  // expert_tokens_per_block
constexpr std::int64_t inner_columns = 32, outputs = 64;

// Tiles as tall as an expert's share of the tokens, so that decode does not multiply zeros.
std::int64_t rows_of(const ExpertGemmW4Case& c) { return c.tokens / c.experts <= 32 ? 16 : 64; }

std::vector<NativeUse> uses(const ExpertGemmW4Case& c, const DeviceProfile& device) {
  const std::int64_t rows = rows_of(c), blocks = pieces(c.tokens, tokens_per_block);
  const auto group = [&](const char* kernel, std::int64_t count) {
    return NativeUse{.entry = fmt::format("{}<w{}>", kernel, device.wave),
                     .grid = {count, 1, 1},
                     .threads = threads};
  };
  // A bin's last tile may have one token: at most one such tile per bin beyond tokens / rows.
  const auto product = [&](const char* kernel, std::int64_t ranges, std::int64_t bins) {
    return NativeUse{
        .entry = fmt::format("{}<{},w{},rows{}>", kernel, name(c.type), device.wave, rows),
        .grid = {ranges, c.tokens / rows + bins, 1},
        .threads = threads};
  };
  return {group("expert_w4_count", blocks), group("expert_w4_scan", 1),
          group("expert_w4_place", blocks),
          product("expert_w4_gate_up", pieces(c.inter, inner_columns), c.experts),
          product("expert_w4_down", pieces(c.hidden, outputs), c.experts + 1)};
}

/// Addresses of a matrix' codes and scales; the scales that its format does not have are null.
struct Places {
  std::byte *codes, *exponents, *absmax;

  Places(const ExpertGemmW4Case& c, std::byte* at_codes, std::byte* scales)
      : codes(at_codes), exponents(scales), absmax(scales) {
    (c.format == FourBitFormat::mxfp4 ? absmax : exponents) = nullptr;
  }
};

std::unique_ptr<Launch> prepare(const ExpertGemmW4Case& c, TensorSet& tensors, NativeDevice& device,
                                const NativeEntrySet& entries) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const std::int64_t blocks = pieces(c.tokens, tokens_per_block);
  std::byte* const count = memory->scratch((c.experts + 1) * blocks * 4, "count");
  std::byte* const offset = memory->scratch((c.experts + 2) * 4, "offset");
  std::byte* const order = memory->scratch(c.tokens * 4, "order");
  std::byte* const inner = memory->scratch(c.tokens * c.inter * size_bytes(c.type), "inner");
  const auto u32 = [](std::int64_t x) { return static_cast<std::uint32_t>(x); };
  const std::uint32_t tokens = u32(c.tokens), experts = u32(c.experts), hidden = u32(c.hidden),
                      inter = u32(c.inter), identity = c.skip == SkipRule::identity ? 1 : 0,
                      block_bits = u32(std::countr_zero(static_cast<std::uint64_t>(c.block)));
  const Places gate_up(c, (*memory)["gate_up_codes"], (*memory)["gate_up_scales"]);
  const Places down(c, (*memory)["down_codes"], (*memory)["down_scales"]);
  return make_native_launch(
      device, memory,
      [=, &device, &m = *memory, block_count = u32(blocks), u = uses(c, device.profile())] {
        launch_use(device, entries, u[0], m["choice"], tokens, experts, count);
        launch_use(device, entries, u[1], count, block_count, experts, offset);
        launch_use(device, entries, u[2], m["choice"], tokens, experts, count, offset, order);
        launch_use(device, entries, u[3], m["h"], gate_up.codes, gate_up.exponents, gate_up.absmax,
                   offset, order, inner, hidden, inter, experts, block_bits);
        launch_use(device, entries, u[4], m["h"], inner, down.codes, down.exponents, down.absmax,
                   m["weight"], offset, order, m["m"], hidden, inter, experts, block_bits,
                   identity);
      });
}

}  // namespace

void register_expert_gemm_w4_native(Registry& registry) {
  registry.add_native<ExpertGemmW4Case>(
      {.note = "expert_gemm's sort, then tiles of one expert's tokens, decoded on the way in",
       .reproducible = {true, "tokens keep their order, sums have the order of their terms"},
       .uses = uses,
       .prepare = prepare});
}

}  // namespace kernelgate
