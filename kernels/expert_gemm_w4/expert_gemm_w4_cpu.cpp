// expert_gemm_w4 on CPUs that multiply bytes: row dots for an expert with up to eight tokens,
// panels for more (experts_cpu.hpp). Kokkos has no construct for integer dot products
// (VPDPBUSD) or products of bf16 pairs (VDPBF16PS).
#include "kernels/common/cpu/byte_products.hpp"
#include "kernels/common/cpu/four_bit_tensors.hpp"
#include "kernels/common/kokkos/staging.hpp"
#include "kernels/expert_gemm/experts_cpu.hpp"
#include "kernels/expert_gemm_w4/expert_gemm_w4.hpp"

#ifdef KERNELGATE_BYTE_PRODUCTS
#include "kernels/common/cpu/four_bit_weight.hpp"
#endif

namespace kernelgate {
namespace {

std::unique_ptr<Launch> prepare([[maybe_unused]] const ExpertGemmW4Case& c,
                                [[maybe_unused]] TensorSet& t) {
#ifdef KERNELGATE_BYTE_PRODUCTS
  return with_storage(c.type, [&](auto type) -> std::unique_ptr<Launch> {
    const ExpertsShape shape{c.tokens, c.hidden, c.inter, c.experts, c.skip};
    const FourBitLayout layout = c.layout();
    using T = decltype(type);
    return std::make_unique<ExpertsOnHost<T, FourBitWeight<T>>>(
        shape, t,
        FourBitWeight<T>(four_bit_rows(layout, c.hidden, t["gate_up_codes"], t["gate_up_scales"])),
        FourBitWeight<T>(four_bit_rows(layout, c.inter, t["down_codes"], t["down_scales"])));
  });
#else
  throw std::logic_error("expert_gemm_w4/kokkos/cpu: prepared although it is unsupported");
#endif
}

}  // namespace

void register_expert_gemm_w4_cpu(Registry& registry) {
  registry.add_variant<ExpertGemmW4Case>(
      {"kokkos/cpu", Backend::kokkos,
       "host threads: bytes looked up in registers; row dots to 8 tokens per expert, else panels"},
      prepare, [](const ExpertGemmW4Case&) { return byte_products_unsupported_reason(); });
}

}  // namespace kernelgate
