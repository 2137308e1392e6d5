// linear_w4 on CPUs that multiply bytes: row dots in whole numbers or pairs of bf16 for up to eight
// tokens, panels for more (linear_cpu.hpp). Kokkos has no construct for integer dot products
// (VPDPBUSD) or products of bf16 pairs (VDPBF16PS).
#include "kernels/common/cpu/byte_products.hpp"
#include "kernels/common/cpu/four_bit_tensors.hpp"
#include "kernels/common/kokkos/staging.hpp"
#include "kernels/linear/linear_cpu.hpp"
#include "kernels/linear_w4/linear_w4.hpp"

#ifdef KERNELGATE_BYTE_PRODUCTS
#include "kernels/common/cpu/four_bit_weight.hpp"
#endif

namespace kernelgate {
namespace {

std::unique_ptr<Launch> prepare([[maybe_unused]] const LinearW4Case& c,
                                [[maybe_unused]] TensorSet& tensors) {
#ifdef KERNELGATE_BYTE_PRODUCTS
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    const FourBitWeight<T> weight(
        four_bit_rows(c.layout(), c.in, tensors["codes"], tensors["scales"]));
    return launch_linear_on_host(LinearShape{c.tokens, c.out, c.in}, tensors["x"].as<T>().data(),
                                 weight, tensors["y"]);
  });
#else
  throw std::logic_error("linear_w4/kokkos/cpu: prepared although it is unsupported");
#endif
}

}  // namespace

void register_linear_w4_cpu(Registry& registry) {
  registry.add_variant<LinearW4Case>(
      {"kokkos/cpu", Backend::kokkos,
       "host threads: bytes looked up in registers; row dots to 8 tokens, else panel GEMM"},
      prepare, [](const LinearW4Case&) { return byte_products_unsupported_reason(); });
}

}  // namespace kernelgate
