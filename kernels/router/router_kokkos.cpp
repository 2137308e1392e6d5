// router, portable and whole: one team routes a tile of tokens from h to the choice, with its
// activations in scratch; threads take outputs, vector lanes the reduction.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/router/router.hpp"

namespace kernelgate {

/// Eight sums side by side: neighbouring elements of a reduction, so that a lane reads whole words.
struct EightSums {
  float sum[8] = {};
  KOKKOS_FUNCTION EightSums& operator+=(const EightSums& other) {
    for (int l = 0; l < 8; ++l) sum[l] += other.sum[l];
    return *this;
  }
  KOKKOS_FUNCTION float total() const {
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
  }
};

}  // namespace kernelgate

template <>
struct Kokkos::reduction_identity<kernelgate::EightSums> {
  KOKKOS_FUNCTION static kernelgate::EightSums sum() { return {}; }
};

namespace kernelgate {
namespace {

template <class T>
struct RouterTensors {
  DeviceView<T> h, w_d, b_d, gamma, g, w1, b1, w2, b2, w3;
  DeviceView<float> s_prev, bias, s, p, probability;
  DeviceView<std::int32_t> choice;
};

template <class T>
struct RouteTile {
  using Policy = Kokkos::TeamPolicy<Space>;
  using Team = typename Policy::member_type;
  using Scratch = Kokkos::View<float*, Space::scratch_memory_space, Kokkos::MemoryUnmanaged>;

  RouterTensors<T> x;
  std::int64_t tokens, hidden, width, entries, tile;
  bool eda;

  static std::int64_t scratch_floats(const RouterCase& c, std::int64_t tile) {
    return tile * (2 * c.width + c.entries());
  }

  template <class X>
  KOKKOS_FUNCTION static float dot(const Team& team, const T* w, const X* v, std::int64_t n) {
    EightSums sums;
    const std::int64_t whole = n / 8;
    Kokkos::parallel_reduce(
        Kokkos::ThreadVectorRange(team, whole),
        [&](std::int64_t i, EightSums& part) {
          for (int l = 0; l < 8; ++l)
            part.sum[l] += to_float(w[8 * i + l]) * to_float(v[8 * i + l]);
        },
        sums);
    float rest = 0;
    for (std::int64_t i = 8 * whole; i < n; ++i) rest += to_float(w[i]) * to_float(v[i]);
    return sums.total() + rest;
  }

  /// f(token of the tile, output, W[output] . v[token]) for all of them.
  template <class X, class F>
  KOKKOS_FUNCTION static void product(const Team& team, const T* w, const X* v, std::int64_t in,
                                      std::int64_t out, std::int64_t count, const F& f) {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, out * count), [&](std::int64_t i) {
      const std::int64_t o = i / count, t = i % count;
      const float sum = dot(team, w + o * in, v + t * in, in);
      Kokkos::single(Kokkos::PerThread(team), [&] { f(t, o, sum); });
    });
    team.team_barrier();
  }

  KOKKOS_FUNCTION static float gelu(float v) {
    return 0.5F * v * (1 + Kokkos::erf(v * 0.70710678F));
  }

  KOKKOS_FUNCTION void normalise(const Team& team, float* z, std::int64_t count) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, count), [&](std::int64_t t) {
      float squares = 0;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, width),
          [&](std::int64_t i, float& part) { part += z[t * width + i] * z[t * width + i]; },
          squares);
      const float inverse = 1 / Kokkos::sqrt(squares / static_cast<float>(width) + 1e-5F);
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, width),
                           [&](std::int64_t i) { z[t * width + i] *= inverse * to_float(x.g(i)); });
    });
    team.team_barrier();
  }

  // One thread a token: E + 1 is small.
  KOKKOS_FUNCTION void choose(const Team& team, float* logits, std::int64_t first,
                              std::int64_t count) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, count), [&](std::int64_t t) {
      Kokkos::single(Kokkos::PerThread(team), [&] {
        float* l = logits + t * entries;
        float largest = l[0], sum = 0;
        for (std::int64_t e = 1; e < entries; ++e) largest = l[e] > largest ? l[e] : largest;
        for (std::int64_t e = 0; e < entries; ++e) sum += l[e] = Kokkos::exp(l[e] - largest);
        std::int64_t best = 0;
        float most = -INFINITY;
        for (std::int64_t e = 0; e < entries; ++e) {
          l[e] /= sum;
          x.p((first + t) * entries + e) = l[e];
          const float biased = l[e] + x.bias(e);
          if (biased > most) {
            most = biased;
            best = e;
          }
        }
        x.choice(first + t) = static_cast<std::int32_t>(best);
        x.probability(first + t) = l[best];
      });
    });
  }

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const std::int64_t first = team.league_rank() * tile;
    const std::int64_t count = tokens - first < tile ? tokens - first : tile;
    const Scratch memory(team.team_scratch(0),
                         static_cast<std::size_t>(tile * (2 * width + entries)));
    float* z = memory.data();
    float* y = z + tile * width;
    float* logits = y + tile * width;
    product(team, x.w_d.data(), x.h.data() + first * hidden, hidden, width, count,
            [&](std::int64_t t, std::int64_t o, float sum) {
              const std::int64_t at = (first + t) * width + o;
              float s = sum + to_float(x.b_d(o));
              if (eda) s += to_float(x.gamma(o)) * x.s_prev(at);
              x.s(at) = s;
              z[t * width + o] = s;
            });
    normalise(team, z, count);
    product(team, x.w1.data(), z, width, width, count,
            [&](std::int64_t t, std::int64_t o, float sum) {
              y[t * width + o] = gelu(sum + to_float(x.b1(o)));
            });
    product(team, x.w2.data(), y, width, width, count,
            [&](std::int64_t t, std::int64_t o, float sum) {
              z[t * width + o] = gelu(sum + to_float(x.b2(o)));
            });
    product(team, x.w3.data(), z, width, entries, count,
            [&](std::int64_t t, std::int64_t o, float sum) { logits[t * entries + o] = sum; });
    choose(team, logits, first, count);
  }
};

template <class T>
std::unique_ptr<Launch> launch(const RouterCase& c, TensorSet& set) {
  using Functor = RouteTile<T>;
  const auto in = [&](const char* name) { return Staged<T>(set[name]).view(); };
  const auto in_f32 = [&](const char* name) { return Staged<float>(set[name]).view(); };
  const Staged<float> s(set["s"]), p(set["p"]), probability(set["probability"]);
  const Staged<std::int32_t> choice(set["choice"]);
  const RouterTensors<T> x{in("h"),  in("w_d"), in("b_d"),          in("gamma"),
                           in("g"),  in("w1"),  in("b1"),           in("w2"),
                           in("b2"), in("w3"),  in_f32("s_prev"),   in_f32("bias"),
                           s.view(), p.view(),  probability.view(), choice.view()};
  const std::int64_t most =  // of a level-0 scratch; Kokkos' OpenMP gives a team 32 KiB
      std::min<std::int64_t>(64 * 1024, Functor::Policy::scratch_size_max(0));
  std::int64_t tile = 8;
  while (tile > 1 && 4 * Functor::scratch_floats(c, tile) > most) tile /= 2;
  const Functor functor{x, c.tokens, c.hidden, c.width, c.entries(), tile, c.eda == RouterEda::on};
  typename Functor::Policy policy(static_cast<int>((c.tokens + tile - 1) / tile), Kokkos::AUTO);
  policy.set_scratch_size(0,
                          Kokkos::PerTeam(static_cast<int>(4 * Functor::scratch_floats(c, tile))));
  return make_launch(
      [=] {
        Kokkos::parallel_for("router", policy, functor);
        Kokkos::fence();
      },
      [=] {
        s.fetch();
        p.fetch();
        probability.fetch();
        choice.fetch();
      });
}

}  // namespace

void register_router_kokkos(Registry& registry) {
  registry.add_variant<RouterCase>(
      {"kokkos", Backend::kokkos, "one fused TeamPolicy, a tile of tokens a team"},
      [](const RouterCase& c, TensorSet& set) {
        return with_storage(c.type, [&](auto type) { return launch<decltype(type)>(c, set); });
      });
}

}  // namespace kernelgate
