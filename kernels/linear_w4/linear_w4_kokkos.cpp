// linear_w4, portable: linear's teams with weights that are decoded where they are read.
#include "harness/executors/kokkos/four_bit_rows.hpp"
#include "kernels/linear/linear_teams.hpp"
#include "kernels/linear_w4/linear_w4.hpp"

namespace kernelgate {
namespace {

template <class T, class O, class Scale>
std::unique_ptr<Launch> launch(const LinearW4Case& c, TensorSet& tensors) {
  struct Memory {
    Staged<std::uint8_t> codes;
    Staged<Scale> scales;
  };
  const Staged<T> x(tensors["x"]);
  const Staged<O> y(tensors["y"]);
  const Memory memory{Staged<std::uint8_t>(tensors["codes"]), Staged<Scale>(tensors["scales"])};
  FourBitRows weight{.codes = memory.codes.data(), .columns = c.in, .block = c.block};
  if constexpr (std::is_same_v<Scale, float>) {
    weight.absmax = memory.scales.data();
  } else {
    weight.exponents = memory.scales.data();
  }
  return linear_teams::launch(x, weight, y, c.tokens, c.out, c.in, memory);
}

template <class T, class O>
std::unique_ptr<Launch> launch_format(const LinearW4Case& c, TensorSet& tensors) {
  if (c.format == FourBitFormat::nf4) return launch<T, O, float>(c, tensors);
  return launch<T, O, std::uint8_t>(c, tensors);
}

std::unique_ptr<Launch> prepare(const LinearW4Case& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    if (c.output == LinearOutput::f32) return launch_format<T, float>(c, tensors);
    return launch_format<T, T>(c, tensors);
  });
}

std::optional<std::string> refusal(const LinearW4Case& c) {
  return linear_teams::refusal(c.tokens, c.out);
}

}  // namespace

void register_linear_w4_kokkos(Registry& registry) {
  registry.add_variant<LinearW4Case>(
      {"kokkos", Backend::kokkos,
       "linear's teams; four bits decoded where they are read, f32 products"},
      prepare, refusal);
}

}  // namespace kernelgate
