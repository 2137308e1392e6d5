// cca_attention, portable: query rows are mapped to lanes, with a running maximum and sum over
// tiles of keys. Long caches are cut into splits whose results a second kernel merges.
#include "kernels/cca_attention/cca_attention_kokkos.hpp"

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>

#include "harness/core/pieces.hpp"
#include "kernels/cca_attention/attention_keys_kokkos.hpp"
#include "kernels/cca_attention/attention_rows_kokkos.hpp"
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/common/kokkos/staging.hpp"

namespace kernelgate {
namespace {

constexpr double log2_e = 1.4426950408889634;

template <class Functor>
std::size_t scratch_of(const CcaAttentionCase& c) {
  const int d = static_cast<int>(c.head_dim);
  return Functor::Rows::scratch_bytes(d, d);
}

/// Number of keys in the longest range that a tile may see.
std::int64_t longest_run(const CcaAttentionCase& c) {
  std::int64_t longest = 1;
  for (std::int64_t b = 0; b < c.batch; ++b) {
    longest = std::max(longest, c.visible(b, c.tokens - 1).end - c.visible(b, 0).begin);
  }
  return longest;
}

template <class Shape>
SplitCut split_of(const CcaAttentionCase& c, std::int64_t teams, std::int64_t split_keys) {
  const std::int64_t longest = longest_run(c);
  if (split_keys == 0) return split_cut<Shape>(longest, teams);
  return {pieces(longest, split_keys), split_keys};
}

/// Launches `attend` as `teams` teams per split, and the merge of the splits. Rows of the result
/// are queries.
template <class Functor, class T>
std::unique_ptr<Launch> launch_teams(const CcaAttentionCase& c, TensorSet& tensors,
                                     std::int64_t teams, SplitCut split, std::size_t scratch,
                                     const auto& functor_of) {
  using Tile = typename Functor::Tile;
  const std::int64_t queries = c.batch * c.tokens * c.heads;
  const Staged<T> q(tensors["q"]), k(tensors["k"]), v(tensors["v"]), out(tensors["out"]);
  const Staged<std::int32_t> valid(tensors["valid"]);
  const auto factor = static_cast<float>(log2_e / std::sqrt(static_cast<double>(c.head_dim)));
  const SplitResults<T> results(split.count, queries, c.head_dim, out.view());
  const Functor attend =
      functor_of(factor, AttentionTensors<T>{q.view(), k.view(), v.view(), valid.view()}, results);
  const auto policy = teams_of<Tile>(teams * split.count, scratch + 64);
  return make_launch(
      [=] {
        Kokkos::parallel_for("cca_attention", policy, attend);
        merge_splits<typename Functor::Shaped>("cca_attention_merge", results, queries);
        Kokkos::fence();
      },
      [=] { out.fetch(); });
}

std::int64_t capped(std::int64_t wanted, int most) {
  return wanted == 0 ? most : std::min<std::int64_t>(wanted, most);
}

template <class Shape, bool Few, class T>
std::unique_ptr<Launch> launch_rows(const CcaAttentionCase& c, TensorSet& tensors,
                                    AttentionCut cut) {
  using Functor = AttendRows<Shape, Few, T>;
  using Tile = typename Functor::Tile;
  const std::int64_t tile_rows = capped(cut.tile_rows, Tile::rows);
  const auto tile_keys = static_cast<int>(capped(cut.tile_keys, Tile::keys));
  const std::int64_t tiles = pieces(c.tokens * c.group(), tile_rows);
  const std::int64_t teams = c.batch * c.kv_heads * tiles;
  const SplitCut split = split_of<Shape>(c, teams, cut.split_keys);
  return launch_teams<Functor, T>(
      c, tensors, teams, split, scratch_of<Functor>(c),
      [&](float factor, const AttentionTensors<T>& in, const SplitResults<T>& results) {
        return Functor{AttentionSizes(c), tile_rows, tiles, tile_keys, split, factor, in, results};
      });
}

template <class Shape, class T>
std::unique_ptr<Launch> launch_keys(const CcaAttentionCase& c, TensorSet& tensors,
                                    AttentionCut cut) {
  using Functor = AttendKeys<Shape, T>;
  using Tile = typename Functor::Tile;
  const AttentionSizes size(c);
  const auto tile_keys = static_cast<int>(capped(cut.tile_keys, Tile::block_keys));
  const std::int64_t teams = c.batch * (Tile::all_heads ? 1 : c.kv_heads);
  const SplitCut split = split_of<Shape>(c, teams, cut.split_keys);
  return launch_teams<Functor, T>(
      c, tensors, teams, split, Functor::scratch_bytes(size),
      [&](float factor, const AttentionTensors<T>& in, const SplitResults<T>& results) {
        return Functor{size, tile_keys, split, factor, in, results};
      });
}

/// Whether tiles of many rows suit the case: enough rows, and enough scratch memory on a device.
template <class Shape, class T>
bool many_rows(const CcaAttentionCase& c) {
  using Few = AttendRows<Shape, true, T>;
  using Many = AttendRows<Shape, false, T>;
  return c.tokens * c.group() > Few::Tile::rows &&
         !too_much_scratch<Shape>(scratch_of<Many>(c) + 64, Shape::team_size);
}

template <class Shape>
std::unique_ptr<Launch> launch(const CcaAttentionCase& c, TensorSet& tensors, AttentionCut cut) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    const bool few_rows = c.tokens * c.group() <= AttendKeys<Shape, T>::max_rows;
    if (few_rows && cut.tile_rows == 0) return launch_keys<Shape, T>(c, tensors, cut);
    if (many_rows<Shape, T>(c)) return launch_rows<Shape, false, T>(c, tensors, cut);
    return launch_rows<Shape, true, T>(c, tensors, cut);
  });
}

/// Limits: scratch memory on a device, and the league rank, which is an int.
template <class Shape>
std::optional<std::string> unsupported(const CcaAttentionCase& c) {
  const std::size_t scratch = scratch_of<AttendRows<Shape, true, float>>(c) + 64;
  if (auto why = too_much_scratch<Shape>(scratch, Shape::team_size)) return why;
  constexpr std::int64_t most = 2147483647;
  const std::int64_t rows = AttendRows<Shape, true, float>::Tile::rows;
  const std::int64_t tiles = pieces(c.tokens * c.group(), rows);
  const std::int64_t teams = std::max(c.batch * c.kv_heads * tiles + 512 * c.batch * c.kv_heads,
                                      c.batch * c.tokens * c.heads);
  if (teams <= most) return std::nullopt;
  return "needs up to " + std::to_string(teams) + " teams, a league holds " + std::to_string(most);
}

}  // namespace

std::unique_ptr<Launch> prepare_attention(const CcaAttentionCase& c, TensorSet& tensors,
                                          AttentionCut cut, AttentionShape shape) {
  if (shape == AttentionShape::device) return launch<DeviceShape>(c, tensors, cut);
  return launch<SpaceShape>(c, tensors, cut);
}

void register_cca_attention_kokkos(Registry& registry) {
  add_portable_variants<CcaAttentionCase>(
      registry, "query rows along the lanes, tiles of keys, long caches in splits",
      [](auto shape, const CcaAttentionCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return launch<Shape>(c, tensors, {});
      },
      [](auto shape, const CcaAttentionCase& c) { return unsupported<decltype(shape)>(c); });
}

}  // namespace kernelgate
