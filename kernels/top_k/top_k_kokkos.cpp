// top_k, portable: teams select within slices of a row, then one team a row merges and sorts.
#include <algorithm>
#include <bit>

#include "kernels/top_k/top_k.hpp"
#include "kernels/top_k/top_k_kokkos.hpp"

namespace kernelgate {
namespace {

template <class T>
std::unique_ptr<Launch> launch(const TopKCase& c, TensorSet& tensors) {
  const Staged<T> logits(tensors["logits"]), value(tensors["value"]);
  const Staged<std::int32_t> length(tensors["length"]), index(tensors["index"]);
  const TopKTeams<T> work(c.rows, c.columns, c.k,
                          {logits.view(), length.view(), index.view(), value.view()});
  return make_launch([=] { work.run(Kokkos::AUTO); },
                     [=] {
                       index.fetch();
                       value.fetch();
                     });
}

std::unique_ptr<Launch> prepare(const TopKCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) { return launch<decltype(type)>(c, tensors); });
}

}  // namespace

void register_top_k_kokkos(Registry& registry) {
  registry.add_variant<TopKCase>(
      {"kokkos", Backend::kokkos, "radix select by histograms of 2048 bins, split and merge"},
      prepare);
}

}  // namespace kernelgate
