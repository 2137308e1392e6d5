// router, tuned for a CPU: products over all tokens, each a pass over its weights by all threads.
// Few tokens run at the speed of reading, more are packed into panels.
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
/// Rows of a weight that one thread takes at a time where tokens are few.
constexpr std::int64_t piece_rows = 16;

/// f(token, output, W . x[token], count) for rows begin .. end - 1: lanes hold `count` outputs from
/// that one on.
template <class T, class F>
void few_rows_product(const StoredWeight<T>& w, const FewTokens& x, std::int64_t tokens,
                      std::int64_t begin, std::int64_t end, const F& f) {
  static_assert(piece_rows % lane_count == 0);
  for (std::int64_t o0 = begin; o0 < end; o0 += piece_rows) {
    const std::int64_t rows = std::min(piece_rows, end - o0);
    float sums[few_tokens * piece_rows] = {};
    w.dots(o0, o0 + rows, x, tokens,
           [&](std::int64_t t, std::int64_t o, float sum) { sums[t * piece_rows + o - o0] = sum; });
    for (std::int64_t t = 0; t < tokens; ++t) {
      for (std::int64_t r = 0; r < rows; r += lane_count) {
        f(t, o0 + r, load_lanes(sums + t * piece_rows + r),
          std::min<std::int64_t>(lane_count, rows - r));
      }
    }
  }
}

template <class T>
class RouterPass {
 public:
  RouterPass(const RouterCase& c, TensorSet& set)
      : c_(c),
        stride_(many() ? c.width : FewTokens::stride_of(c.width)),
        z_(static_cast<std::size_t>(c.tokens * stride_)),
        y_(z_.size()),
        wide_(many() ? 0 : static_cast<std::size_t>(c.tokens * FewTokens::stride_of(c.hidden))),
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
    if (many())
      run_many();
    else
      run_few();
    Kokkos::fence();
  }

 private:
  using I = std::int64_t;
  bool many() const { return c_.tokens > few_tokens; }

  void run_many() {
    const auto product = [&](const T* w, const auto* x, I in, I out, const auto& f) {
      panel_product(StoredWeight<T>{w, in}, x, in, out, c_.tokens, packed_.data(), memory_, f);
    };
    product(w_d_, h_, c_.hidden, c_.width, state());
    Kokkos::parallel_for("router_cpu_norm", Range(0, c_.tokens), [&](I t) { normalise(t); });
    product(w1_, z_.data(), c_.width, c_.width, layer(b1_, y_.data()));
    product(w2_, y_.data(), c_.width, c_.width, layer(b2_, z_.data()));
    product(w3_, z_.data(), c_.width, c_.entries(), scores());
    Kokkos::parallel_for("router_cpu_choice", Range(0, c_.tokens), [&](I t) { choose(t); });
  }

  /// Three passes; what is shorter than starting threads is done by the one that starts them.
  void run_few() {
    const I stride = FewTokens::stride_of(c_.hidden);
    for (I t = 0; t < c_.tokens; ++t) widen(h_ + t * c_.hidden, c_.hidden, &wide_[at(t * stride)]);
    const auto pass = [&](const T* w, const FewTokens& x, const auto& f, const auto& besides) {
      // A thread takes the same share of every pass.
      Kokkos::parallel_for("router_cpu", Range(0, pieces_of(c_.width, piece_rows)), [&](I piece) {
        besides(piece);
        const I o0 = piece * piece_rows;
        few_rows_product(StoredWeight<T>{w, x.terms}, x, c_.tokens, o0,
                         std::min(o0 + piece_rows, c_.width), f);
      });
    };
    const FewTokens z{z_.data(), stride_, c_.width}, y{y_.data(), stride_, c_.width};
    pass(w_d_, {wide_.data(), stride, c_.hidden}, state(), [&](I piece) {
      fetch_rows(w1_, piece);
      fetch_rows(w2_, piece);
    });
    for (I t = 0; t < c_.tokens; ++t) normalise(t);
    pass(w1_, z, layer(b1_, y_.data()), [](I) {});
    pass(w2_, y, layer(b2_, z_.data()), [](I) {});
    few_rows_product(StoredWeight<T>{w3_, c_.width}, z, c_.tokens, 0, c_.entries(), scores());
    for (I t = 0; t < c_.tokens; ++t) choose(t);
  }

  // What each product's sums become, as few_rows_product() and panel_product() call it.
  auto state() {
    return [this](I t, I o, Lanes sums, I count) {
      Lanes s = sums + load_first_lanes(b_d_ + o, count);
      if (c_.eda == RouterEda::on)
        s += load_first_lanes(gamma_ + o, count) *
             load_first_lanes(s_prev_ + t * c_.width + o, count);
      store_first_lanes(s_ + t * c_.width + o, s, count);
    };
  }
  auto layer(const T* bias, float* to) {
    return [=, this](I t, I o, Lanes sums, I count) {
      store_first_lanes(to + t * stride_ + o, gelu_lanes(sums + load_first_lanes(bias + o, count)),
                        count);
    };
  }
  auto scores() {
    return [this](I t, I o, Lanes sums, I count) {
      store_first_lanes(p_ + t * c_.entries() + o, sums, count);
    };
  }

  /// Rows of a later pass, which this thread will take, into its L2 while the first one streams.
  void fetch_rows(const T* w, I piece) const {
    constexpr I line = 64 / static_cast<I>(sizeof(T));
    const I end = std::min((piece + 1) * piece_rows, c_.width) * c_.width;
    for (I i = piece * piece_rows * c_.width; i < end; i += line) fetch_line<FetchTo::l2>(w + i);
  }

  void normalise(std::int64_t t) {
    const float* s = s_ + t * c_.width;
    float* z = &z_[at(t * stride_)];
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

  static std::size_t at(I index) { return static_cast<std::size_t>(index); }

  RouterCase c_;
  I stride_;                   // of a token in z_ and y_, zeros behind it where tokens are few
  std::vector<float> z_, y_;   // activations [tokens,R]
  std::vector<float> wide_;    // h of few tokens in f32
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
      {"kokkos/cpu", Backend::kokkos, "passes over the weights; more than 8 tokens as panels"},
      [](const RouterCase& c, TensorSet& set) {
        return with_storage(c.type, [&](auto type) {
          const auto pass = std::make_shared<RouterPass<decltype(type)>>(c, set);
          return make_launch([pass] { pass->run(); });
        });
      });
}

}  // namespace kernelgate
