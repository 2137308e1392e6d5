// expert_gemm in bf16 by pairs of terms in the vector lanes of some CPUs (AVX512_BF16). Kokkos has
// no construct for products of bf16 pairs (VDPBF16PS).
#include "kernels/expert_gemm/expert_gemm.hpp"
#include "kernels/expert_gemm/experts_cpu.hpp"

namespace kernelgate {
namespace {

std::optional<std::string> unsupported_reason(const ExpertGemmCase& c) {
  return no_pair_lanes(c.type, c.tokens);
}

std::unique_ptr<Launch> prepare([[maybe_unused]] const ExpertGemmCase& c,
                                [[maybe_unused]] TensorSet& tensors) {
#ifdef KERNELGATE_PAIR_LANES
  const ExpertsShape shape{c.tokens, c.hidden, c.inter, c.experts, c.skip};
  return std::make_unique<ExpertsOnHost<bf16, PairWeight>>(
      shape, tensors, PairWeight{{tensors["gate_up"].as<bf16>().data(), c.hidden}},
      PairWeight{{tensors["down"].as<bf16>().data(), c.inter}});
#else
  throw std::logic_error("expert_gemm/kokkos/cpu-bf16: prepared although it is unsupported");
#endif
}

}  // namespace

void register_expert_gemm_bf16(Registry& registry) {
  registry.add_variant<ExpertGemmCase>(
      {"kokkos/cpu-bf16", Backend::kokkos,
       "host threads: pairs of bf16 in vector lanes, 3 tokens or more"},
      prepare, unsupported_reason);
}

}  // namespace kernelgate
