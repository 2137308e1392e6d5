// router, portable: one launch per layer; teams share tokens and outputs. The first layer ends with
// the state. The last one ends with the choice, since its teams have all entries of their tokens.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>

#include "kernels/common/kokkos/pack_math.hpp"
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/common/kokkos/row_product.hpp"
#include "kernels/router/router.hpp"

namespace kernelgate {
namespace {

/// Operation applied to a layer's sums.
enum class LayerEnd { state, gelu, choice };

/// Activations [tokens, width] from a team's first token on, multiplied by inverse[token] * gain[k]
/// if there is a gain.
template <class T, class X>
struct Activations {
  const X* data;
  int width;
  const T* gain;
  const float* inverse;

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> load(int token, int k, int count) const {
    const Pack<float, W> x = widen_first<W>(data + std::int64_t{token} * width + k, count);
    if (gain == nullptr) return x;
    return x * inverse[token] * widen_first<W>(gain + k, count);
  }
};

/// One layer. A team computes team_columns outputs for the tokens of a tile.
template <class Shape, class Product, class T, class X>
struct RouteLayer {
  LayerEnd end;
  const X* x;
  WeightRows<T> weight;
  const T *gain, *bias, *gamma;  // null where the layer has none
  const float* s_prev;           // not read without gamma
  float* to;
  const float* balance;  // bias of the choice
  float* probability;
  std::int32_t* choice;
  std::int64_t tokens;
  int team_columns, ranges;

  KOKKOS_FUNCTION std::size_t scratch_bytes() const {
    return sizeof(float) * static_cast<std::size_t>(
                               Product::scratch_floats(weight.in, team_columns) + Product::rows);
  }

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const std::int64_t first =
        static_cast<std::int64_t>(team.league_rank() / ranges) * int{Product::rows};
    const int column = team.league_rank() % ranges * team_columns;
    const int columns =
        weight.out - column < team_columns ? weight.out - column : int{team_columns};
    const std::int64_t left = tokens - first;
    const int used = left < Product::rows ? static_cast<int>(left) : int{Product::rows};
    auto* const inverse = static_cast<float*>(
        team.team_scratch(int{Shape::scratch_level}).get_shmem_aligned(scratch_bytes(), 64));
    float* const scratch = inverse + int{Product::rows};
    const Activations<T, X> in{x + first * weight.in, weight.in, gain, inverse};
    if (gain != nullptr) {
      Kokkos::parallel_for(Kokkos::TeamVectorRange(team, used), [&](int t) {
        inverse[t] = inverse_rms(in.data + std::int64_t{t} * in.width);
      });
      team.team_barrier();
    }
    Product::multiply(team, scratch, in, used, weight, column, columns, [&](int t) {
      const std::int64_t at = (first + t) * weight.out;
      return [&, out = to + at, s = s_prev + at](int o, auto sums, int count) {
        finish(out, s, o, sums, count);
      };
    });
    if (end != LayerEnd::choice) return;
    team.team_barrier();
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, used), [&](int t) { choose(first + t); });
  }

  /// Outputs o .. o + count - 1 of a token, given its rows of the tensors `to` and `s_prev`.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION void finish(float* out, const float* s, int o, Pack<float, W> sums,
                                          int count) const {
    if (bias != nullptr) sums += widen_first<W>(bias + o, count);
    if (gamma != nullptr) {
      sums += widen_first<W>(gamma + o, count) * widen_first<W>(s + o, count);
    }
    if (end == LayerEnd::gelu) sums = gelu(sums);
    narrow_first(out + o, sums, count);
  }

  KOKKOS_FORCEINLINE_FUNCTION float inverse_rms(const X* row) const {
    using P = Pack<float, Shape::lanes>;
    P squares = broadcast<P>(0.0F);
    for (int k = 0; k < weight.in; k += Shape::lanes) {
      const P v = widen_first<Shape::lanes>(row + k, weight.in - k);
      squares += v * v;
    }
    return 1.0F / Kokkos::sqrt(sum(squares) / static_cast<float>(weight.in) + 1e-5F);
  }

  /// Softmax of a token's logits in place, and its choice: the lowest entry on a tie.
  KOKKOS_FORCEINLINE_FUNCTION void choose(std::int64_t token) const {
    constexpr int W = Shape::lanes;
    using P = Pack<float, W>;
    const int entries = weight.out;
    float* const p = to + token * entries;
    float largest = p[0];
    for (int e = 1; e < entries; ++e) largest = p[e] > largest ? p[e] : largest;
    P total = broadcast<P>(0.0F);
    for (int e = 0; e < entries; e += W) {
      const P below = widen_first<W>(p + e, entries - e) - largest;
      const P powers = exp(max(below, broadcast<P>(-104.0F)));
      narrow_first(p + e, powers, entries - e);
      total += select(counted_from<P>(static_cast<float>(e)) < static_cast<float>(entries), powers,
                      broadcast<P>(0.0F));
    }
    const float whole = sum(total);
    int best = 0;
    float most = -INFINITY;
    for (int e = 0; e < entries; ++e) {
      p[e] /= whole;
      const float biased = p[e] + balance[e];
      if (biased > most) {
        most = biased;
        best = e;
      }
    }
    choice[token] = best;
    probability[token] = p[best];
  }
};

/// Many tokens: a host tile has up to 32, whose terms stay in its second-level cache. A device's
/// tile is half as wide as that of a product with many outputs, since a layer has few.
template <class Shape, int RowPacks>
struct ManyTokens {
  static constexpr int row_blocks = !Shape::is_host ? 16 : (RowPacks * Shape::lanes > 16) ? 1 : 2;
  static constexpr int column_blocks = Shape::is_host ? 1 : 8;
  static constexpr int block_columns = Shape::is_host ? Shape::block_columns : 4;
  using Product =
      TiledRowProduct<ProductTile<Shape, RowPacks, row_blocks, block_columns, column_blocks, 32>>;
};

/// The tensors of a launch and the intermediates between its layers.
template <class T>
struct RouterTensors {
  Staged<T> h, w_d, b_d, gamma, g, w1, b1, w2, b2, w3;
  Staged<float> s_prev, bias, s, p, probability;
  Staged<std::int32_t> choice;
  DeviceView<float> y1, y2;

  RouterTensors(const RouterCase& c, TensorSet& t)
      : h(t["h"]),
        w_d(t["w_d"]),
        b_d(t["b_d"]),
        gamma(t["gamma"]),
        g(t["g"]),
        w1(t["w1"]),
        b1(t["b1"]),
        w2(t["w2"]),
        b2(t["b2"]),
        w3(t["w3"]),
        s_prev(t["s_prev"]),
        bias(t["bias"]),
        s(t["s"]),
        p(t["p"]),
        probability(t["probability"]),
        choice(t["choice"]),
        y1("first layer", static_cast<std::size_t>(c.tokens * c.width)),
        y2("second layer", static_cast<std::size_t>(c.tokens * c.width)) {}
};

/// Launches a layer over all tokens. Teams of the last layer compute all outputs. In other layers
/// teams divide the outputs if there are fewer token tiles than a host's threads can process.
template <class Shape, class Product, class T, class X>
void start(const char* label, RouteLayer<Shape, Product, T, X> layer) {
  static_assert(Shape::is_host || 4 * Product::scratch_floats(1 << 16, 256) <= 48 * 1024);
  const std::int64_t tiles = pieces(layer.tokens, Product::rows);
  const std::int64_t groups = pieces(layer.weight.out, Product::column_group);
  std::int64_t ranges = groups;
  if (Shape::is_host) {  // several teams per thread; staging tokens costs as much as 4 groups
    const std::int64_t most = Product::rows > 8 ? pieces(groups, 4) : groups;
    ranges = std::clamp<std::int64_t>(4 * Space().concurrency() / tiles, 1, most);
  }
  if (layer.end == LayerEnd::choice) ranges = 1;
  layer.team_columns = static_cast<int>(pieces(groups, ranges) * Product::column_group);
  layer.ranges = static_cast<int>(pieces(layer.weight.out, layer.team_columns));
  constexpr int registers = 48;  // the minimum without a spill
  using Teams = TeamShape<Shape, Product::team_size, Product::vector_length, registers>;
  Kokkos::parallel_for(label, teams_of<Teams>(tiles * layer.ranges, layer.scratch_bytes() + 64),
                       layer);
}

template <class Shape, class Product, class T>
void route(const RouterCase& c, const RouterTensors<T>& t) {
  const int hidden = static_cast<int>(c.hidden), width = static_cast<int>(c.width);
  const bool eda = c.eda == RouterEda::on;
  const auto layer = [&]<class X>(LayerEnd end, const X* x, const Staged<T>& w, int in, int out,
                                  const T* gain, const T* bias, float* to) {
    return RouteLayer<Shape, Product, T, X>{
        end,
        x,
        {w.data(), in, out},
        gain,
        bias,
        end == LayerEnd::state && eda ? t.gamma.data() : nullptr,
        end == LayerEnd::state && eda ? t.s_prev.data() : to,
        to,
        t.bias.data(),
        t.probability.data(),
        t.choice.data(),
        c.tokens,
        0,
        0};
  };
  const float *s = t.s.data(), *y1 = t.y1.data(), *y2 = t.y2.data();
  const T* const none = nullptr;
  start("router/state", layer(LayerEnd::state, static_cast<const T*>(t.h.data()), t.w_d, hidden,
                              width, none, t.b_d.data(), t.s.data()));
  start("router/first",
        layer(LayerEnd::gelu, s, t.w1, width, width, t.g.data(), t.b1.data(), t.y1.data()));
  start("router/second",
        layer(LayerEnd::gelu, y1, t.w2, width, width, none, t.b2.data(), t.y2.data()));
  start("router/choice", layer(LayerEnd::choice, y2, t.w3, width, static_cast<int>(c.entries()),
                               none, none, t.p.data()));
  Kokkos::fence();
}

template <class Shape, class T>
std::unique_ptr<Launch> launch(const RouterCase& c, TensorSet& set) {
  const RouterTensors<T> tensors(c, set);
  const auto run_with = [&]<class Product>() {
    return make_launch([=] { route<Shape, Product>(c, tensors); },
                       [=] {
                         tensors.s.fetch();
                         tensors.p.fetch();
                         tensors.probability.fetch();
                         tensors.choice.fetch();
                       });
  };
  if (c.tokens == 1) return run_with.template operator()<DottedRowProduct<Shape, 1>>();
  if constexpr (Shape::is_host) {
    if (c.tokens == 2) return run_with.template operator()<DottedRowProduct<Shape, 2>>();
    if (c.tokens <= 4) return run_with.template operator()<DottedRowProduct<Shape, 4>>();
    if (c.tokens <= 8) return run_with.template operator()<DottedRowProduct<Shape, 8>>();
    // In blocks of several packs more than half of the lanes would be idle.
    if (c.tokens <= Shape::lanes)
      return run_with.template operator()<typename ManyTokens<Shape, 1>::Product>();
  } else {
    // A tile would be mostly empty. A team processes one token, because more need more registers.
    // Other teams should find the weights in the second-level cache. Not timed.
    if (c.tokens <= 16) return run_with.template operator()<DottedRowProduct<Shape, 1>>();
  }
  return run_with.template operator()<typename ManyTokens<Shape, Shape::row_packs>::Product>();
}

}  // namespace

void register_router_kokkos(Registry& registry) {
  add_portable_variants<RouterCase>(
      registry, "a launch for each layer, tokens along lanes; few of them by rows of the weights",
      [](auto shape, const RouterCase& c, TensorSet& set) {
        using Shape = decltype(shape);
        return with_storage(c.type, [&]<class T>(T) { return launch<Shape, T>(c, set); });
      });
}

}  // namespace kernelgate
