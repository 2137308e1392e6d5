// expert_gemm, tuned for CPUs.
#include "harness/executors/kokkos/staging.hpp"
#include "kernels/expert_gemm/expert_gemm.hpp"
#include "kernels/expert_gemm/experts_on_host.hpp"

namespace kernelgate {
namespace {

std::unique_ptr<Launch> prepare(const ExpertGemmCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) -> std::unique_ptr<Launch> {
    using T = decltype(type);
    using Weight = StoredWeight<T>;
    const ExpertsShape shape{c.tokens, c.hidden, c.inter, c.experts, c.skip};
    return std::make_unique<ExpertsOnHost<T, Weight>>(
        shape, tensors, Weight{tensors["gate_up"].as<T>().data(), c.hidden},
        Weight{tensors["down"].as<T>().data(), c.inter});
  });
}

}  // namespace

void register_expert_gemm_cpu(Registry& registry) {
  registry.add_variant<ExpertGemmCase>(
      {"kokkos/cpu", Backend::kokkos, "host threads: row dots to 8 tokens an expert, else panels"},
      prepare);
}

}  // namespace kernelgate
