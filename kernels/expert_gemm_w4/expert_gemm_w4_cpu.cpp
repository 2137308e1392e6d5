// expert_gemm_w4, tuned for CPUs: expert_gemm's two ways, with tables of 16 values in registers.
// Portable code has no word for dots of whole numbers (VPDPBUSD) and of pairs of bf16 (VDPBF16PS).
#include "harness/executors/kokkos/cpu_gemm/four_bit_weight.hpp"
#include "harness/executors/kokkos/four_bit_tensors.hpp"
#include "harness/executors/kokkos/staging.hpp"
#include "kernels/expert_gemm/experts_on_host.hpp"
#include "kernels/expert_gemm_w4/expert_gemm_w4.hpp"

namespace kernelgate {
namespace {

std::unique_ptr<Launch> prepare(const ExpertGemmW4Case& c, TensorSet& t) {
  return with_storage(c.type, [&](auto type) -> std::unique_ptr<Launch> {
    const ExpertsShape shape{c.tokens, c.hidden, c.inter, c.experts, c.skip};
    const FourBitLayout layout = c.layout();
    using T = decltype(type);
    return std::make_unique<ExpertsOnHost<T, FourBitWeight<T>>>(
        shape, t,
        FourBitWeight<T>(four_bit_rows(layout, c.hidden, t["gate_up_codes"], t["gate_up_scales"])),
        FourBitWeight<T>(four_bit_rows(layout, c.inter, t["down_codes"], t["down_scales"])));
  });
}

}  // namespace

void register_expert_gemm_w4_cpu(Registry& registry) {
  registry.add_variant<ExpertGemmW4Case>(
      {"kokkos/cpu", Backend::kokkos,
       "host threads: bytes looked up in registers; row dots to 8 tokens an expert, else panels"},
      prepare);
}

}  // namespace kernelgate
