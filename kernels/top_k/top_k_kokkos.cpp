// top_k, portable: teams select within slices of a row; one team merges a row of several slices.
#include "kernels/top_k/top_k_kokkos.hpp"
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/top_k/top_k.hpp"

namespace kernelgate {
namespace {

template <class Shape, class T>
std::unique_ptr<Launch> launch(const TopKCase& c, TensorSet& tensors) {
  const Staged<T> logits(tensors["logits"]), value(tensors["value"]);
  const Staged<std::int32_t> length(tensors["length"]), index(tensors["index"]);
  const TopKTeams<Shape, T> work(c.rows, c.columns, c.k,
                                 {logits.view(), length.view(), index.view(), value.view()});
  return make_launch([=] { work.run(); },
                     [=] {
                       index.fetch();
                       value.fetch();
                     });
}

}  // namespace

void register_top_k_kokkos(Registry& registry) {
  add_portable_variants<TopKCase>(
      registry,
      "a sampled limit filters one pass; the exact limit by halving, radix select if it fails",
      [](auto shape, const TopKCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return with_storage(c.type,
                            [&](auto type) { return launch<Shape, decltype(type)>(c, tensors); });
      });
}

}  // namespace kernelgate
