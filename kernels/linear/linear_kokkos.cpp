// linear, portable.
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/linear/linear.hpp"
#include "kernels/linear/linear_teams.hpp"

namespace kernelgate {
namespace {

linear_teams::Extents extents_of(const LinearCase& c) { return {c.tokens, c.out, c.in}; }

template <class Shape, class T, class O>
std::unique_ptr<Launch> launch(const LinearCase& c, TensorSet& tensors) {
  const Staged<T> x(tensors["x"]), w(tensors["w"]);
  const Staged<O> y(tensors["y"]);
  return linear_teams::launch<Shape>(extents_of(c), x, StoredMatrix<T>{w.data(), c.in}, y, w);
}

}  // namespace

void register_linear_kokkos(Registry& registry) {
  add_portable_variants<LinearCase>(
      registry, "tiles of register blocks; dots of whole rows up to 8 tokens",
      [](auto shape, const LinearCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return with_storage(c.type, [&](auto type) {
          using T = decltype(type);
          if (c.output == LinearOutput::f32) return launch<Shape, T, float>(c, tensors);
          return launch<Shape, T, T>(c, tensors);
        });
      },
      [](auto shape, const LinearCase& c) {
        return linear_teams::unsupported<decltype(shape)>(extents_of(c));
      });
}

}  // namespace kernelgate
