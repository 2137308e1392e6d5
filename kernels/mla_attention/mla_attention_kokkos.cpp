// mla_attention, portable: query rows are mapped to lanes, with a running maximum and sum over
// tiles of keys. Long caches are cut into splits whose results a second kernel merges.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>

#include "harness/core/pieces.hpp"
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/common/kokkos/staging.hpp"
#include "kernels/mla_attention/latent_rows.hpp"

namespace kernelgate {
namespace {

template <class Functor>
std::size_t scratch_of(const MlaAttentionCase& c) {
  return Functor::Rows::scratch_bytes(static_cast<int>(c.own() + c.rope),
                                      static_cast<int>(c.values())) +
         64;
}

template <class Functor>
std::int64_t teams_of_a_split(const MlaAttentionCase& c) {
  constexpr std::int64_t rows = Functor::Tile::rows;
  return c.batch * c.key_heads() * pieces(c.tokens * c.group(), rows);
}

template <class Shape, bool Few, class T>
std::unique_ptr<Launch> launch_rows(const MlaAttentionCase& c, TensorSet& tensors) {
  using Functor = AttendLatent<Shape, Few, T>;
  using Tile = typename Functor::Tile;
  const std::int64_t teams = teams_of_a_split<Functor>(c);
  const SplitCut split = split_cut<Shape>(c.rows(), teams);
  const std::int64_t queries = c.batch * c.tokens * c.heads;
  const Staged<T> q(tensors["q"]), cache(tensors["cache"]), out(tensors["out"]);
  const Staged<T> own = c.latent() ? cache : Staged<T>(tensors["expanded"]);
  const Staged<std::int32_t> valid(tensors["valid"]);
  const auto factor =
      static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(c.nope + c.rope)));
  const SplitResults<T> results(split.count, queries, c.values(), out.view());
  const Functor attend{MlaLayout(c), teams / (c.batch * c.key_heads()),
                       split,        factor,
                       q.view(),     cache.view(),
                       own.view(),   valid.view(),
                       results};
  const auto policy = teams_of<Tile>(teams * split.count, scratch_of<Functor>(c));
  return make_launch(
      [=] {
        Kokkos::parallel_for("mla_attention", policy, attend);
        merge_splits<Shape>("mla_attention_merge", results, queries);
        Kokkos::fence();
      },
      [=] { out.fetch(); });
}

/// Whether tiles of many rows suit the case: enough rows, and enough scratch memory on a device.
template <class Shape>
bool many_rows(const MlaAttentionCase& c) {
  return c.tokens * c.group() > AttendLatent<Shape, true, float>::Tile::rows &&
         !too_much_scratch<Shape>(scratch_of<AttendLatent<Shape, false, float>>(c),
                                  Shape::team_size);
}

template <class Shape>
std::unique_ptr<Launch> launch(const MlaAttentionCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    if (many_rows<Shape>(c)) return launch_rows<Shape, false, T>(c, tensors);
    return launch_rows<Shape, true, T>(c, tensors);
  });
}

template <class Shape>
std::optional<std::string> unsupported(const MlaAttentionCase& c) {
  using Few = AttendLatent<Shape, true, float>;
  if (auto why = too_much_scratch<Shape>(scratch_of<Few>(c), Shape::team_size)) return why;
  constexpr std::int64_t most = 2147483647;  // a league's rank is an int
  const std::int64_t tiles = teams_of_a_split<Few>(c);
  const std::int64_t teams =
      std::max(tiles * split_cut<Shape>(c.rows(), tiles).count, c.batch * c.tokens * c.heads);
  if (teams <= most) return std::nullopt;
  return "needs up to " + std::to_string(teams) + " teams, a league holds " + std::to_string(most);
}

}  // namespace

void register_mla_attention_kokkos(Registry& registry) {
  add_portable_variants<MlaAttentionCase>(
      registry, "query rows along the lanes, tiles of keys, long caches in splits",
      [](auto shape, const MlaAttentionCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return launch<Shape>(c, tensors);
      },
      [](auto shape, const MlaAttentionCase& c) { return unsupported<decltype(shape)>(c); });
}

}  // namespace kernelgate
