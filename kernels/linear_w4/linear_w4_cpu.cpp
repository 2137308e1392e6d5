// linear_w4, tuned for CPUs: linear's two ways, with tables of 16 values in registers.
// Portable code has no word for dots of whole numbers (VPDPBUSD) and of pairs of bf16 (VDPBF16PS).
#include "harness/executors/kokkos/cpu_gemm/four_bit_weight.hpp"
#include "harness/executors/kokkos/four_bit_tensors.hpp"
#include "harness/executors/kokkos/staging.hpp"
#include "kernels/linear/linear_on_host.hpp"
#include "kernels/linear_w4/linear_w4.hpp"

namespace kernelgate {
namespace {

std::unique_ptr<Launch> prepare(const LinearW4Case& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    const FourBitWeight<T> weight(
        four_bit_rows(c.layout(), c.in, tensors["codes"], tensors["scales"]));
    return launch_linear_on_host(LinearShape{c.tokens, c.out, c.in}, tensors["x"].as<T>().data(),
                                 weight, tensors["y"]);
  });
}

}  // namespace

void register_linear_w4_cpu(Registry& registry) {
  registry.add_variant<LinearW4Case>(
      {"kokkos/cpu", Backend::kokkos,
       "host threads: bytes looked up in registers; row dots to 8 tokens, else panel GEMM"},
      prepare);
}

}  // namespace kernelgate
