// expert_gemm in bf16 on the matrix units of some CPUs (AMX); experts with one or two tokens stream
// their weights in f32 lanes. Kokkos has no construct for tiles of matrix units.
#include "kernels/expert_gemm/expert_gemm.hpp"
#include "kernels/expert_gemm/experts_cpu.hpp"

namespace kernelgate {
namespace {

std::optional<std::string> unsupported_reason(const ExpertGemmCase& c) {
  return no_matrix_units(c.type, c.tokens);
}

std::unique_ptr<Launch> prepare([[maybe_unused]] const ExpertGemmCase& c,
                                [[maybe_unused]] TensorSet& tensors) {
#ifdef KERNELGATE_AMX
  const ExpertsShape shape{c.tokens, c.hidden, c.inter, c.experts, c.skip};
  return std::make_unique<ExpertsOnHost<bf16, UnitWeight>>(
      shape, tensors, UnitWeight{{tensors["gate_up"].as<bf16>().data(), c.hidden}},
      UnitWeight{{tensors["down"].as<bf16>().data(), c.inter}});
#else
  throw std::logic_error("expert_gemm/kokkos/cpu-amx: prepared although it is unsupported");
#endif
}

}  // namespace

void register_expert_gemm_amx(Registry& registry) {
  registry.add_variant<ExpertGemmCase>(
      {"kokkos/cpu-amx", Backend::kokkos, "host threads: bf16 on matrix units, 3 tokens or more"},
      prepare, unsupported_reason);
}

}  // namespace kernelgate
