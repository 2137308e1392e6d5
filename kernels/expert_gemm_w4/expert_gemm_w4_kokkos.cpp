// expert_gemm_w4, portable: expert_gemm's teams with weights that are decoded when they are read.
#include "kernels/common/kokkos/four_bit_matrix.hpp"
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/expert_gemm/expert_teams.hpp"
#include "kernels/expert_gemm_w4/expert_gemm_w4.hpp"

namespace kernelgate {
namespace {

ExpertsShape shape_of(const ExpertGemmW4Case& c) {
  return {c.tokens, c.hidden, c.inter, c.experts, c.skip};
}

template <FourBitFormat format>
struct Experts {
  StagedFourBit<format> gate_up, down;
};

template <class Shape, class T, FourBitFormat format>
std::unique_ptr<Launch> launch(const ExpertGemmW4Case& c, TensorSet& t) {
  const Experts<format> weights{{c.layout(), c.hidden, t["gate_up_codes"], t["gate_up_scales"]},
                                {c.layout(), c.inter, t["down_codes"], t["down_scales"]}};
  return expert_teams::launch<Shape, T>(shape_of(c), t, weights.gate_up.matrix(),
                                        weights.down.matrix(), weights);
}

template <class Shape, class T>
std::unique_ptr<Launch> launch(const ExpertGemmW4Case& c, TensorSet& t) {
  if (c.format == FourBitFormat::nf4) return launch<Shape, T, FourBitFormat::nf4>(c, t);
  return launch<Shape, T, FourBitFormat::mxfp4>(c, t);
}

}  // namespace

void register_expert_gemm_w4_kokkos(Registry& registry) {
  add_portable_variants<ExpertGemmW4Case>(
      registry, "expert_gemm's teams; eight codes per word, looked up in a table; f32 products",
      [](auto shape, const ExpertGemmW4Case& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return with_storage(c.type,
                            [&](auto type) { return launch<Shape, decltype(type)>(c, tensors); });
      },
      [](auto shape, const ExpertGemmW4Case& c) {
        return expert_teams::unsupported<decltype(shape)>(shape_of(c));
      });
}

}  // namespace kernelgate
