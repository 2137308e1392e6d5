// expert_gemm, portable.
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/expert_gemm/expert_gemm.hpp"
#include "kernels/expert_gemm/expert_teams.hpp"

namespace kernelgate {
namespace {

ExpertsShape shape_of(const ExpertGemmCase& c) {
  return {c.tokens, c.hidden, c.inter, c.experts, c.skip};
}

template <class Shape, class T>
std::unique_ptr<Launch> launch(const ExpertGemmCase& c, TensorSet& tensors) {
  struct Memory {
    Staged<T> gate_up, down;
  };
  const Memory memory{Staged<T>(tensors["gate_up"]), Staged<T>(tensors["down"])};
  return expert_teams::launch<Shape, T>(shape_of(c), tensors,
                                        StoredMatrix<T>{memory.gate_up.data(), c.hidden},
                                        StoredMatrix<T>{memory.down.data(), c.inter}, memory);
}

}  // namespace

void register_expert_gemm_kokkos(Registry& registry) {
  add_portable_variants<ExpertGemmCase>(
      registry, "tiles of one expert's tokens; row dots for an expert with up to 8",
      [](auto shape, const ExpertGemmCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return with_storage(c.type,
                            [&](auto type) { return launch<Shape, decltype(type)>(c, tensors); });
      },
      [](auto shape, const ExpertGemmCase& c) {
        return expert_teams::unsupported<decltype(shape)>(shape_of(c));
      });
}

}  // namespace kernelgate
