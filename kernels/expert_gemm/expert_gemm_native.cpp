// expert_gemm, native: the host side. Five launches: count, scan and place the tokens, gate and up,
// down. The last two also exist on matrix instructions.
#include <fmt/format.h>

#include "harness/core/pieces.hpp"
#include "harness/native/matrix_tiles.hpp"
#include "harness/native/plan.hpp"
#include "kernels/expert_gemm/expert_gemm.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t threads = 256;
constexpr std::int64_t tokens_per_block = 256;  // expert_tokens_per_block

// Tiles as tall as an expert's share of the tokens, so that decode does not multiply zeros.
std::int64_t rows_of(const ExpertGemmCase& c) { return c.tokens / c.experts <= 32 ? 16 : 64; }

/// The two products: kernels, inner columns per block, outputs per block, threads per block.
struct Products {
  const char* gate_up;
  const char* down;
  std::int64_t inner, outputs, threads;
  MatrixFamily matrix = MatrixFamily::none;
};

std::vector<NativeUse> uses_with(const ExpertGemmCase& c, const DeviceProfile& device,
                                 const Products& products) {
  const std::int64_t rows = rows_of(c);
  const auto group = [&](const char* kernel, std::int64_t blocks) {
    return NativeUse{.entry = fmt::format("{}<w{}>", kernel, device.wave),
                     .grid = {blocks, 1, 1},
                     .threads = threads};
  };
  // A bin's last tile may have one token: at most one such tile per bin beyond tokens / rows.
  const auto product = [&](const char* kernel, std::int64_t ranges, std::int64_t bins) {
    return NativeUse{
        .entry = fmt::format("{}<{},w{},rows{}>", kernel, name(c.type), device.wave, rows),
        .grid = {ranges, c.tokens / rows + bins, 1},
        .threads = products.threads,
        .matrix = products.matrix};
  };
  const std::int64_t blocks = pieces(c.tokens, tokens_per_block);
  return {group("expert_count", blocks), group("expert_scan", 1), group("expert_place", blocks),
          product(products.gate_up, pieces(c.inter, products.inner), c.experts),
          product(products.down, pieces(c.hidden, products.outputs), c.experts + 1)};
}

std::vector<NativeUse> uses(const ExpertGemmCase& c, const DeviceProfile& device) {
  return uses_with(c, device,
                   {.gate_up = "expert_gate_up",
                    .down = "expert_down",
                    .inner = 32,
                    .outputs = 64,
                    .threads = threads});
}

std::vector<NativeUse> matrix_uses(const ExpertGemmCase& c, const DeviceProfile& device) {
  return uses_with(c, device,
                   {.gate_up = "expert_gate_up_matrix",
                    .down = "expert_down_matrix",
                    .inner = 64,
                    .outputs = 128,
                    .threads = rows_of(c) == 16 ? 128 : 256,  // expert_matrix_threads
                    .matrix = device.matrix});
}

std::unique_ptr<Launch> prepare_uses(const ExpertGemmCase& c, TensorSet& tensors,
                                     NativeDevice& device, const NativeEntrySet& entries,
                                     const std::vector<NativeUse>& u) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const std::int64_t blocks = pieces(c.tokens, tokens_per_block);
  std::byte* const count = memory->scratch((c.experts + 1) * blocks * 4, "count");
  std::byte* const offset = memory->scratch((c.experts + 2) * 4, "offset");
  std::byte* const order = memory->scratch(c.tokens * 4, "order");
  std::byte* const inner = memory->scratch(c.tokens * c.inter * size_bytes(c.type), "inner");
  const auto u32 = [](std::int64_t x) { return static_cast<std::uint32_t>(x); };
  const std::uint32_t tokens = u32(c.tokens), experts = u32(c.experts), hidden = u32(c.hidden),
                      inter = u32(c.inter), identity = c.skip == SkipRule::identity ? 1 : 0;
  return make_native_launch(device, memory, [=, &device, &m = *memory, block_count = u32(blocks)] {
    launch_use(device, entries, u[0], m["choice"], tokens, experts, count);
    launch_use(device, entries, u[1], count, block_count, experts, offset);
    launch_use(device, entries, u[2], m["choice"], tokens, experts, count, offset, order);
    launch_use(device, entries, u[3], m["h"], m["gate_up"], offset, order, inner, hidden, inter,
               experts);
    launch_use(device, entries, u[4], m["h"], inner, m["down"], m["weight"], offset, order, m["m"],
               hidden, inter, experts, identity);
  });
}

/// A plan with the launches that `of_case` returns.
NativePlan<ExpertGemmCase> plan_of(std::vector<NativeUse> (*of_case)(const ExpertGemmCase&,
                                                                     const DeviceProfile&)) {
  NativePlan<ExpertGemmCase> plan;
  plan.uses = of_case;
  plan.prepare = [of_case](const ExpertGemmCase& c, TensorSet& tensors, NativeDevice& device,
                           const NativeEntrySet& entries) {
    return prepare_uses(c, tensors, device, entries, of_case(c, device.profile()));
  };
  return plan;
}

}  // namespace

void register_expert_gemm_native(Registry& registry) {
  NativePlan<ExpertGemmCase> plan = plan_of(uses);
  plan.note = "stable counting sort, then tiles of one expert's tokens by 64 outputs";
  plan.reproducible = {true, "tokens keep their order, sums have the order of their terms"};
  registry.add_native<ExpertGemmCase>(plan);

  NativePlan<ExpertGemmCase> matrix = plan_of(matrix_uses);
  matrix.name = "native/matrix";
  matrix.note = "the same sort, then tiles by 128 columns on matrix instructions";
  matrix.reproducible = {true,
                         "tokens keep their order, 32 terms a step, the device's order in a step"};
  matrix.unsupported_reason = [](const ExpertGemmCase& c, const DeviceProfile& device) {
    return matrix_tiles_unsupported_reason(c.type, device);
  };
  registry.add_native<ExpertGemmCase>(matrix);
}

}  // namespace kernelgate
