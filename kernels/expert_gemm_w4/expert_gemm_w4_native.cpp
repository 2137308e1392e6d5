// expert_gemm_w4, native: the host side. Five launches: count, scan and place the tokens, gate and
// up, down.
#include <bit>

#include "kernels/expert_gemm/expert_launches.hpp"
#include "kernels/expert_gemm_w4/expert_gemm_w4.hpp"
#include "kernels/expert_gemm_w4/expert_gemm_w4_launch.hpp"

namespace kernelgate {
namespace {

std::vector<NativeUse> uses(const ExpertGemmW4Case& c, const DeviceProfile& device) {
  return expert_uses(c, device, expert_w4_kernels);
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
  const ExpertRun run(c, *memory);
  const auto block_bits =
      static_cast<std::uint32_t>(std::countr_zero(static_cast<std::uint64_t>(c.block)));
  const Places gate_up(c, (*memory)["gate_up_codes"], (*memory)["gate_up_scales"]);
  const Places down(c, (*memory)["down_codes"], (*memory)["down_scales"]);
  return make_native_launch(
      device, memory, [=, &device, &m = *memory, u = uses(c, device.profile())] {
        run.sort(device, entries, u, m["choice"]);
        launch_use(device, entries, u[3], m["h"], gate_up.codes, gate_up.exponents, gate_up.absmax,
                   run.offset, run.order, run.inner, run.hidden, run.inter, run.experts,
                   block_bits);
        launch_use(device, entries, u[4], m["h"], run.inner, down.codes, down.exponents,
                   down.absmax, m["weight"], run.offset, run.order, m["m"], run.hidden, run.inter,
                   run.experts, block_bits, run.identity);
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
