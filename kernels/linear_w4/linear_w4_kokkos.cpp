// linear_w4, portable: linear's teams with weights that are decoded when they are read.
#include "kernels/common/kokkos/four_bit_matrix.hpp"
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/linear/linear_teams.hpp"
#include "kernels/linear_w4/linear_w4.hpp"

namespace kernelgate {
namespace {

linear_teams::Extents extents_of(const LinearW4Case& c) { return {c.tokens, c.out, c.in}; }

template <class Shape, class T, class O, FourBitFormat format>
std::unique_ptr<Launch> launch(const LinearW4Case& c, TensorSet& tensors) {
  const Staged<T> x(tensors["x"]);
  const Staged<O> y(tensors["y"]);
  const StagedFourBit<format> w(c.layout(), c.in, tensors["codes"], tensors["scales"]);
  return linear_teams::launch<Shape>(extents_of(c), x, w.matrix(), y, w);
}

template <class Shape, class T, class O>
std::unique_ptr<Launch> launch(const LinearW4Case& c, TensorSet& tensors) {
  if (c.format == FourBitFormat::nf4) return launch<Shape, T, O, FourBitFormat::nf4>(c, tensors);
  return launch<Shape, T, O, FourBitFormat::mxfp4>(c, tensors);
}

}  // namespace

void register_linear_w4_kokkos(Registry& registry) {
  add_portable_variants<LinearW4Case>(
      registry, "linear's teams; eight codes per word, looked up in a table; f32 products",
      [](auto shape, const LinearW4Case& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return with_storage(c.type, [&](auto type) {
          using T = decltype(type);
          if (c.output == LinearOutput::f32) return launch<Shape, T, float>(c, tensors);
          return launch<Shape, T, T>(c, tensors);
        });
      },
      [](auto shape, const LinearW4Case& c) {
        return linear_teams::unsupported<decltype(shape)>(extents_of(c));
      });
}

}  // namespace kernelgate
