// linear in bf16 on the matrix units of some CPUs (AMX), for three tokens or more. Kokkos has no
// construct for tiles of matrix units.
#include "kernels/linear/linear.hpp"
#include "kernels/linear/linear_cpu.hpp"

namespace kernelgate {
namespace {

std::optional<std::string> unsupported_reason(const LinearCase& c) {
  return no_matrix_units(c.type, c.tokens);
}

std::unique_ptr<Launch> prepare([[maybe_unused]] const LinearCase& c,
                                [[maybe_unused]] TensorSet& tensors) {
#ifdef KERNELGATE_AMX
  const UnitWeight weight{{tensors["w"].as<bf16>().data(), c.in}};
  const LinearShape shape{c.tokens, c.out, c.in};
  return launch_linear_on_host(shape, tensors["x"].as<bf16>().data(), weight, tensors["y"]);
#else
  throw std::logic_error("linear/kokkos/cpu-amx: prepared although it is unsupported");
#endif
}

}  // namespace

void register_linear_amx(Registry& registry) {
  registry.add_variant<LinearCase>(
      {"kokkos/cpu-amx", Backend::kokkos, "host threads: bf16 on matrix units, 3 tokens or more"},
      prepare, unsupported_reason);
}

}  // namespace kernelgate
