// expert_gemm_w4, portable: expert_gemm's teams with weights that are decoded where they are read.
#include "harness/executors/kokkos/four_bit_rows.hpp"
#include "kernels/expert_gemm/expert_teams.hpp"
#include "kernels/expert_gemm_w4/expert_gemm_w4.hpp"

namespace kernelgate {
namespace {

ExpertsShape shape_of(const ExpertGemmW4Case& c) {
  return {c.tokens, c.hidden, c.inter, c.experts, c.skip};
}

/// Codes and scales of one matrix on the device.
template <class Scale>
struct Staged4 {
  Staged<std::uint8_t> codes;
  Staged<Scale> scales;

  FourBitRows rows(std::int64_t columns, std::int64_t block) const {
    FourBitRows rows{.codes = codes.data(), .columns = columns, .block = block};
    if constexpr (std::is_same_v<Scale, float>) {
      rows.absmax = scales.data();
    } else {
      rows.exponents = scales.data();
    }
    return rows;
  }
};

template <class T, class Scale>
std::unique_ptr<Launch> launch(const ExpertGemmW4Case& c, TensorSet& t) {
  struct Memory {
    Staged4<Scale> gate_up, down;
  };
  const Memory memory{
      {Staged<std::uint8_t>(t["gate_up_codes"]), Staged<Scale>(t["gate_up_scales"])},
      {Staged<std::uint8_t>(t["down_codes"]), Staged<Scale>(t["down_scales"])}};
  return expert_teams::launch<T>(shape_of(c), t, memory.gate_up.rows(c.hidden, c.block),
                                 memory.down.rows(c.inter, c.block), memory);
}

std::unique_ptr<Launch> prepare(const ExpertGemmW4Case& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    if (c.format == FourBitFormat::nf4) return launch<T, float>(c, tensors);
    return launch<T, std::uint8_t>(c, tensors);
  });
}

std::optional<std::string> refusal(const ExpertGemmW4Case& c) {
  return expert_teams::refusal(shape_of(c));
}

}  // namespace

void register_expert_gemm_w4_kokkos(Registry& registry) {
  registry.add_variant<ExpertGemmW4Case>(
      {"kokkos", Backend::kokkos,
       "expert_gemm's teams; four bits decoded where they are read, f32 products"},
      prepare, refusal);
}

}  // namespace kernelgate
