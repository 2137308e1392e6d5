// expert_gemm, portable.
#include "harness/executors/kokkos/stored_rows.hpp"
#include "kernels/expert_gemm/expert_gemm.hpp"
#include "kernels/expert_gemm/expert_teams.hpp"

namespace kernelgate {
namespace {

ExpertsShape shape_of(const ExpertGemmCase& c) {
  return {c.tokens, c.hidden, c.inter, c.experts, c.skip};
}

template <class T>
std::unique_ptr<Launch> launch(const ExpertGemmCase& c, TensorSet& tensors) {
  struct Memory {
    Staged<T> gate_up, down;
  };
  using Rows = StoredRows<T>;
  const Memory memory{Staged<T>(tensors["gate_up"]), Staged<T>(tensors["down"])};
  return expert_teams::launch<T>(shape_of(c), tensors, Rows{memory.gate_up.data(), c.hidden},
                                 Rows{memory.down.data(), c.inter}, memory);
}

std::unique_ptr<Launch> prepare(const ExpertGemmCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) { return launch<decltype(type)>(c, tensors); });
}

std::optional<std::string> refusal(const ExpertGemmCase& c) {
  return expert_teams::refusal(shape_of(c));
}

}  // namespace

void register_expert_gemm_kokkos(Registry& registry) {
  registry.add_variant<ExpertGemmCase>(
      {"kokkos", Backend::kokkos, "TeamPolicy, tiles of one expert's tokens through scratch"},
      prepare, refusal);
}

}  // namespace kernelgate
