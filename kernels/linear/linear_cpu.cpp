// linear, tuned for CPUs.
#include "harness/executors/kokkos/staging.hpp"
#include "kernels/linear/linear.hpp"
#include "kernels/linear/linear_on_host.hpp"

namespace kernelgate {
namespace {

std::unique_ptr<Launch> prepare(const LinearCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    const StoredWeight<T> weight{tensors["w"].as<T>().data(), c.in};
    return launch_linear_on_host(LinearShape{c.tokens, c.out, c.in}, tensors["x"].as<T>().data(),
                                 weight, tensors["y"]);
  });
}

}  // namespace

void register_linear_cpu(Registry& registry) {
  registry.add_variant<LinearCase>(
      {"kokkos/cpu", Backend::kokkos, "host threads: row dots to 8 tokens, else panel GEMM"},
      prepare);
}

}  // namespace kernelgate
