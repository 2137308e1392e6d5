// linear in bf16 by pairs of terms in the vector lanes of some CPUs (AVX512_BF16), for three tokens
// or more. Kokkos has no construct for products of bf16 pairs (VDPBF16PS).
#include "kernels/linear/linear.hpp"
#include "kernels/linear/linear_cpu.hpp"

namespace kernelgate {
namespace {

std::optional<std::string> unsupported_reason(const LinearCase& c) {
  return no_pair_lanes(c.type, c.tokens);
}

std::unique_ptr<Launch> prepare([[maybe_unused]] const LinearCase& c,
                                [[maybe_unused]] TensorSet& tensors) {
#ifdef KERNELGATE_PAIR_LANES
  const PairWeight weight{{tensors["w"].as<bf16>().data(), c.in}};
  const LinearShape shape{c.tokens, c.out, c.in};
  return launch_linear_on_host(shape, tensors["x"].as<bf16>().data(), weight, tensors["y"]);
#else
  throw std::logic_error("linear/kokkos/cpu-bf16: prepared although it is unsupported");
#endif
}

}  // namespace

void register_linear_bf16(Registry& registry) {
  registry.add_variant<LinearCase>(
      {"kokkos/cpu-bf16", Backend::kokkos,
       "host threads: pairs of bf16 in vector lanes, 3 tokens or more"},
      prepare, unsupported_reason);
}

}  // namespace kernelgate
