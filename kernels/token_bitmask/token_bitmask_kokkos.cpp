// token_bitmask, portable: a team takes a chunk of a row. A host applies a word of the mask to
// packs of logits; a device takes one logit per thread. Words that allow all leave their logits
// alone.
#include <cmath>
#include <cstdint>

#include "harness/core/number.hpp"
#include "harness/core/pieces.hpp"
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/common/kokkos/stored_pack.hpp"
#include "kernels/token_bitmask/token_bitmask.hpp"

namespace kernelgate {
namespace {

/// Which ids of a 32-bit mask word a row may keep.
struct TokenBitmaskRule {
  std::int64_t vocabulary, real_ids, words;

  explicit TokenBitmaskRule(const TokenBitmaskCase& c)
      : vocabulary(c.vocabulary), real_ids(c.real_ids()), words(c.mask_words()) {}

  KG_FUNCTION std::int64_t row_words() const { return (vocabulary + 31) / 32; }

  /// Bit j set: id 32 w + j stays. `mask` is the row's mask, -1 for none.
  KG_FUNCTION std::uint32_t kept(const std::int32_t* bitmask, std::int64_t mask,
                                 std::int64_t w) const {
    const bool covered = mask >= 0 && w < words;
    const std::uint32_t bits =
        covered ? static_cast<std::uint32_t>(bitmask[mask * words + w]) : ~0U;
    const std::int64_t real = real_ids - 32 * w;
    if (real >= 32) return bits;
    return real <= 0 ? 0U : bits & ((1U << real) - 1U);
  }
};

/// How the 32 ids of a word are distributed.
template <class Shape>
struct WordTile {
  static constexpr int item_ids = Shape::is_host ? 32 : 1;  // per work item: neighbours write
  static constexpr int word_items = 32 / item_ids;          // neighbours on a device
  static constexpr int lanes = Shape::lanes;                // logits per pack
  static constexpr int team_words = Shape::is_host ? 256 : 64;
};

template <class Shape, class T>
struct MaskTokens {
  using Tile = WordTile<Shape>;

  TokenBitmaskRule rule;
  T* logits;
  const std::int32_t *bitmask, *mask_of;
  int row_pieces;

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const std::int64_t row = team.league_rank() / row_pieces;
    const std::int64_t first =
        static_cast<std::int64_t>(team.league_rank() % row_pieces) * int{Tile::team_words};
    const std::int64_t left = rule.row_words() - first;
    const int words = left < Tile::team_words ? static_cast<int>(left) : int{Tile::team_words};
    const std::int64_t mask = mask_of[row];
    const T nothing = from_float<T>(-INFINITY);
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, words * int{Tile::word_items}),
                         [&](int item) {
                           const std::int64_t word = first + item / int{Tile::word_items};
                           const int begin = item % int{Tile::word_items} * int{Tile::item_ids};
                           const std::uint32_t kept = rule.kept(bitmask, mask, word) >> begin;
                           constexpr std::uint32_t all = ~0U >> (32 - Tile::item_ids);
                           if ((kept & all) == all) return;
                           const std::int64_t id = 32 * word + begin;
                           T* at = logits + row * rule.vocabulary + id;
                           if (id + Tile::item_ids <= rule.vocabulary) {
                             KG_UNROLL for (int i = 0; i < Tile::item_ids; i += Tile::lanes) {
                               overwrite_unless<Tile::lanes>(kept >> i, at + i, nothing);
                             }
                           } else {
                             for (int i = 0; id + i < rule.vocabulary; ++i) {
                               overwrite_unless<1>(kept >> i, at + i, nothing);
                             }
                           }
                         });
  }
};

template <class Shape, class T>
std::unique_ptr<Launch> launch(const TokenBitmaskCase& c, TensorSet& tensors) {
  const Staged<T> logits(tensors["logits"]);
  const Staged<std::int32_t> bitmask(tensors["bitmask"]), mask_of(tensors["mask_of"]);
  constexpr int team_words = WordTile<Shape>::team_words;
  const TokenBitmaskRule rule(c);
  const auto row_teams = static_cast<int>(pieces(rule.row_words(), team_words));
  const MaskTokens<Shape, T> mask{rule, logits.data(), bitmask.data(), mask_of.data(), row_teams};
  const auto teams = teams_of<Shape>(c.rows * row_teams, 0);
  return make_launch(
      [=] {
        (void)bitmask, (void)mask_of;  // these views own the memory
        Kokkos::parallel_for("token_bitmask", teams, mask);
        Kokkos::fence();
      },
      [=] { logits.fetch(); });
}

}  // namespace

void register_token_bitmask_kokkos(Registry& registry) {
  add_portable_variants<TokenBitmaskCase>(
      registry, "a team per piece of a row, words of the mask against packs of logits",
      [](auto shape, const TokenBitmaskCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return with_storage(c.type, [&]<class T>(T) { return launch<Shape, T>(c, tensors); });
      });
}

}  // namespace kernelgate
