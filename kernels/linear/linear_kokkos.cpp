// linear, portable.
#include "kernels/linear/linear.hpp"
#include "kernels/linear/linear_teams.hpp"

namespace kernelgate {
namespace {

template <class T, class O>
std::unique_ptr<Launch> launch(const LinearCase& c, TensorSet& tensors) {
  const Staged<T> x(tensors["x"]), w(tensors["w"]);
  const Staged<O> y(tensors["y"]);
  const StoredRows<T> weight{w.data(), c.in};
  return linear_teams::launch(x, weight, y, c.tokens, c.out, c.in, w);
}

std::unique_ptr<Launch> prepare(const LinearCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    if (c.output == LinearOutput::f32) return launch<T, float>(c, tensors);
    return launch<T, T>(c, tensors);
  });
}

std::optional<std::string> refusal(const LinearCase& c) {
  return linear_teams::refusal(c.tokens, c.out);
}

}  // namespace

void register_linear_kokkos(Registry& registry) {
  registry.add_variant<LinearCase>(
      {"kokkos", Backend::kokkos,
       "TeamPolicy: rows for few tokens, tiles through scratch for more"},
      prepare, refusal);
}

}  // namespace kernelgate
