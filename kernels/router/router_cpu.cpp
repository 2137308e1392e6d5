// router, tuned for a CPU: four products over all tokens, each a pass over its weights by all
// threads. Few tokens run at the speed of reading, more are packed into panels.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/executors/kokkos/cpu_gemm/lane_gelu.hpp"
#include "harness/executors/kokkos/cpu_gemm/panel_product.hpp"
#include "harness/executors/kokkos/staging.hpp"
#include "kernels/router/router.hpp"

namespace kernelgate {
namespace {

using Host = Kokkos::DefaultHostExecutionSpace;
using Range = Kokkos::RangePolicy<Host, Kokkos::IndexType<std::int64_t>>;
constexpr std::int64_t block = 4;  // outputs, and tokens, of a register block

/// sums[o][t] = W[o] . x[t] for Outputs rows and Tokens tokens. The order of a sum depends on
/// nothing but `in`, so a token's result does not depend on its neighbours.
template <int Outputs, int Tokens, class T, class X>
void dot_block(const T* w, const X* x, std::int64_t in, float (&sums)[block][block]) {
  Lanes sum[Outputs][Tokens] = {};
  const std::int64_t whole = in / lane_count * lane_count;
  for (std::int64_t i = 0; i < whole; i += lane_count) {
    Lanes token[Tokens];
#pragma GCC unroll 4
    for (int t = 0; t < Tokens; ++t) token[t] = load_lanes(x + t * in + i);
#pragma GCC unroll 4
    for (int o = 0; o < Outputs; ++o) {
      const Lanes weight = load_lanes(w + o * in + i);
#pragma GCC unroll 4
      for (int t = 0; t < Tokens; ++t) sum[o][t] += weight * token[t];
    }
  }
  for (int o = 0; o < Outputs; ++o) {
    for (int t = 0; t < Tokens; ++t) {
      float rest = 0;
      for (std::int64_t i = whole; i < in; ++i)
        rest += to_float(w[o * in + i]) * to_float(x[t * in + i]);
      sums[o][t] = sum_lanes(sum[o][t]) + rest;
    }
  }
}

/// f(token, output, W . x[token], count) for all of them: lanes hold `count` outputs from that one
/// on. A task is four outputs of all tokens.
template <class T, class X, class F>
void few_product(const T* w, const X* x, std::int64_t in, std::int64_t out, std::int64_t tokens,
                 const F& f) {
  Kokkos::parallel_for("router_cpu", Range(0, (out + block - 1) / block), [&](std::int64_t task) {
    const std::int64_t o0 = task * block, outputs = std::min(block, out - o0);
    float sums[block][block];
    for (std::int64_t t0 = 0; t0 < tokens;) {
      const std::int64_t count = tokens - t0 >= block ? block : 1;
      const X* from = x + t0 * in;
      if (outputs == block && count == block) {
        dot_block<block, block>(w + o0 * in, from, in, sums);
      } else if (outputs == block) {
        dot_block<block, 1>(w + o0 * in, from, in, sums);
      } else {
        for (std::int64_t o = 0; o < outputs; ++o) {
          float row[block][block];
          for (std::int64_t t = 0; t < count; ++t) {
            dot_block<1, 1>(w + (o0 + o) * in, from + t * in, in, row);
            sums[o][t] = row[0][0];
          }
        }
      }
      for (std::int64_t t = 0; t < count; ++t) {
        Lanes of_token = {};
        for (std::int64_t o = 0; o < outputs; ++o) of_token[o] = sums[o][t];
        f(t0 + t, o0, of_token, outputs);
      }
      t0 += count;
    }
  });
}

template <class T>
class RouterPass {
 public:
  RouterPass(const RouterCase& c, TensorSet& set)
      : c_(c),
        z_(static_cast<std::size_t>(c.tokens * c.width)),
        y_(z_.size()),
        packed_(many() ? static_cast<std::size_t>(
                             TokenPanels::floats_for(c.tokens, std::max(c.hidden, c.width)))
                       : 0),
        memory_(many() ? PanelWorkspace::floats : 0) {
    const auto in = [&](const char* name) {
      return static_cast<const T*>(set[name].as<T>().data());
    };
    h_ = in("h"), w_d_ = in("w_d"), b_d_ = in("b_d"), gamma_ = in("gamma"), g_ = in("g");
    w1_ = in("w1"), b1_ = in("b1"), w2_ = in("w2"), b2_ = in("b2"), w3_ = in("w3");
    s_prev_ = set["s_prev"].as<float>().data();
    bias_ = set["bias"].as<float>().data();
    s_ = set["s"].as<float>().data();
    p_ = set["p"].as<float>().data();
    probability_ = set["probability"].as<float>().data();
    choice_ = set["choice"].as<std::int32_t>().data();
  }

  void run() {
    const std::int64_t r = c_.width, e = c_.entries();
    using I = std::int64_t;
    product(w_d_, h_, c_.hidden, r, [&](I t, I o, Lanes sums, I count) {
      Lanes s = sums + load_first_lanes(b_d_ + o, count);
      if (c_.eda == RouterEda::on)
        s += load_first_lanes(gamma_ + o, count) * load_first_lanes(s_prev_ + t * r + o, count);
      store_first_lanes(s_ + t * r + o, s, count);
    });
    Kokkos::parallel_for("router_cpu_norm", Range(0, c_.tokens),
                         [&](std::int64_t t) { normalise(t); });
    product(w1_, z_.data(), r, r, [&](I t, I o, Lanes sums, I count) {
      store_first_lanes(y_.data() + t * r + o, gelu_lanes(sums + load_first_lanes(b1_ + o, count)),
                        count);
    });
    product(w2_, y_.data(), r, r, [&](I t, I o, Lanes sums, I count) {
      store_first_lanes(z_.data() + t * r + o, gelu_lanes(sums + load_first_lanes(b2_ + o, count)),
                        count);
    });
    product(w3_, z_.data(), r, e,
            [&](I t, I o, Lanes sums, I count) { store_first_lanes(p_ + t * e + o, sums, count); });
    Kokkos::parallel_for("router_cpu_choice", Range(0, c_.tokens),
                         [&](std::int64_t t) { choose(t); });
    Kokkos::fence();
  }

 private:
  bool many() const { return c_.tokens > few_tokens; }

  template <class X, class F>
  void product(const T* w, const X* x, std::int64_t in, std::int64_t out, const F& f) {
    if (many())
      panel_product(StoredWeight<T>{w, in}, x, in, out, c_.tokens, packed_.data(), memory_, f);
    else
      few_product(w, x, in, out, c_.tokens, f);
  }

  void normalise(std::int64_t t) {
    const float* s = s_ + t * c_.width;
    float* z = &z_[static_cast<std::size_t>(t * c_.width)];
    Lanes squares = {};
    std::int64_t i = 0;
    for (; i + lane_count <= c_.width; i += lane_count) {
      const Lanes v = load_lanes(s + i);
      squares += v * v;
    }
    float sum = sum_lanes(squares);
    for (; i < c_.width; ++i) sum += s[i] * s[i];
    const float inverse = 1 / std::sqrt(sum / static_cast<float>(c_.width) + 1e-5F);
    for (i = 0; i < c_.width; ++i) z[i] = s[i] * inverse * to_float(g_[i]);
  }

  void choose(std::int64_t t) {
    float* p = p_ + t * c_.entries();
    const float largest = *std::max_element(p, p + c_.entries());
    float sum = 0;
    for (std::int64_t e = 0; e < c_.entries(); ++e) sum += p[e] = std::exp(p[e] - largest);
    std::int64_t best = 0;
    float most = -std::numeric_limits<float>::infinity();
    for (std::int64_t e = 0; e < c_.entries(); ++e) {
      p[e] /= sum;
      const float biased = p[e] + bias_[e];
      if (biased > most) {
        most = biased;
        best = e;
      }
    }
    choice_[t] = static_cast<std::int32_t>(best);
    probability_[t] = p[best];
  }

  RouterCase c_;
  std::vector<float> z_, y_;   // activations [tokens,R]
  std::vector<float> packed_;  // the tokens of one product as panels
  ThreadMemory memory_;
  const T *h_, *w_d_, *b_d_, *gamma_, *g_, *w1_, *b1_, *w2_, *b2_, *w3_;
  const float *s_prev_, *bias_;
  float *s_, *p_, *probability_;
  std::int32_t* choice_;
};

}  // namespace

void register_router_cpu(Registry& registry) {
  registry.add_variant<RouterCase>(
      {"kokkos/cpu", Backend::kokkos, "four passes over the weights; more than 8 tokens as panels"},
      [](const RouterCase& c, TensorSet& set) {
        return with_storage(c.type, [&](auto type) {
          const auto pass = std::make_shared<RouterPass<decltype(type)>>(c, set);
          return make_launch([pass] { pass->run(); });
        });
      });
}

}  // namespace kernelgate
