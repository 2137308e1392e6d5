// router, native: projection and EDA with waves distributed over all outputs and token tiles, then
// one block per tile of tokens from s to the choice, with its activations in shared memory.
#pragma once

#include <dialect.hpp>
#include <registers.hpp>

#include "kernels/router/router_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline constexpr u32 router_tile = RouterArguments::tile;

/// Activations of a tile, for widths up to `most`; E + 1 <= 256.
template <int most>
struct RouterShared {
  alignas(16) float z[router_tile][most];
  alignas(16) float y[router_tile][most];
  float logit[router_tile][256];
};
/// The projection has no shared memory.
struct RouterNothing {};

/// N neighbouring activations as floats: from rows of the storage type in global memory, or from
/// f32 rows in shared memory.
template <int N, class X>
KDEV void router_load(const X* x, float (&out)[N]) {
  constexpr int most = static_cast<int>(16 / sizeof(X));
  constexpr int piece = N < most ? N : most;
  K_UNROLL
  for (int at = 0; at < N; at += piece) {
    const Vec<X, piece> part = k_load<piece>(x + at);
    K_UNROLL
    for (int j = 0; j < piece; ++j) out[at + j] = k_to_float(part[j]);
  }
}

/// sum[t] += w . x[t] over this lane's chunk of N elements from i on.
template <int N, class T, class X>
KDEV void router_piece(const T* w, const X* x, u64 stride, u32 last, u32 i,
                       float (&sum)[router_tile]) {
  float a[N], b[N];
  router_load(w + i, a);
  K_UNROLL
  for (u32 t = 0; t < router_tile; ++t) {
    router_load(x + k_min(t, last) * stride + i, b);
    K_UNROLL
    for (int j = 0; j < N; ++j) sum[t] = k_fma(a[j], b[j], sum[t]);
  }
}

/// Memory of the activations. Chunks of f32 weights are short, so compilers load several at once.
/// With activations in shared memory that would spill, and the latency there is short enough to
/// wait.
enum class RouterFrom { global, shared };

/// All chunks of this lane; x[t] = x + min(t, last) * stride.
template <int N, int W, RouterFrom from, class T, class X>
KDEV void router_pieces(const T* w, const X* x, u64 stride, u32 last, u32 n,
                        float (&sum)[router_tile]) {
  const u32 first = k_tid() % W * N;
  constexpr u32 step = W * N;
  if constexpr (from == RouterFrom::shared && sizeof(T) == 4) {
    K_ROLL
    for (u32 i = first; i < n; i += step) router_piece<N>(w, x, stride, last, i, sum);
  } else {
    for (u32 i = first; i < n; i += step) router_piece<N>(w, x, stride, last, i, sum);
  }
}

/// w . x[t] for the tokens of a tile, `last` + 1 of which exist, in every lane of the wave. Rows
/// begin at multiples of 16 bytes if n is a multiple of the elements in 16 bytes of T.
template <int W, RouterFrom from, class T, class X>
KDEV void router_dots(const T* w, const X* x, u64 stride, u32 last, u32 n,
                      float (&sum)[router_tile]) {
  constexpr int wide = static_cast<int>(16 / sizeof(T));
  K_UNROLL
  for (u32 t = 0; t < router_tile; ++t) sum[t] = 0;
  if (n % wide == 0) {
    router_pieces<wide, W, from>(w, x, stride, last, n, sum);
  } else {
    router_pieces<1, W, from>(w, x, stride, last, n, sum);
  }
  K_UNROLL
  for (u32 t = 0; t < router_tile; ++t) sum[t] = k_wave_sum<W>(sum[t]);
}

/// s = W_d h + b_d (+ gamma s_prev). Whole waves, one per output of a tile. Grid along x: tiles
/// times blocks of k_threads() / W outputs.
template <class T, int W>
KGLOBAL KBOUNDS(256) void router_state(RouterArguments a) {
  const u32 waves = k_threads() / W;
  const u32 groups = k_pieces(a.width, waves);
  const u32 o = k_block() % groups * waves + k_tid() / W;
  if (o >= a.width) return;  // the whole wave
  const u32 first = k_block() / groups * router_tile;
  const u32 count = k_min(router_tile, a.tokens - first);
  const T* w = static_cast<const T*>(a.w_d) + static_cast<u64>(o) * a.hidden;
  const T* h = static_cast<const T*>(a.h) + static_cast<u64>(first) * a.hidden;
  float sum[router_tile];
  router_dots<W, RouterFrom::global>(w, h, a.hidden, count - 1, a.hidden, sum);
  const u32 lane = k_tid() % W;
  float mine = 0;
  K_UNROLL
  for (u32 t = 0; t < router_tile; ++t) mine = t == lane ? sum[t] : mine;
  if (lane >= count) return;  // no wave operation follows
  const u64 at = static_cast<u64>(first + lane) * a.width + o;
  float s = mine + k_to_float(static_cast<const T*>(a.b_d)[o]);
  if (a.s_prev != nullptr) {
    s += k_to_float(static_cast<const T*>(a.gamma)[o]) * a.s_prev[at];
  }
  a.s[at] = s;
}

KDEV float router_gelu(float x) { return 0.5F * x * (1.0F + k_erf(x * 0.70710678F)); }

/// to[t][o] = gelu(W x[t] + b): one layer, one wave per output.
template <int W, int most, class T>
KDEV void router_layer(const T* w, const T* b, const float (&x)[router_tile][most],
                       float (&to)[router_tile][most], u32 width) {
  for (u32 o = k_tid() / W; o < width; o += k_threads() / W) {
    float sum[router_tile];
    router_dots<W, RouterFrom::shared>(w + static_cast<u64>(o) * width, &x[0][0], most,
                                       router_tile - 1, width, sum);
    const float add = k_to_float(b[o]);
    if (k_tid() % W == 0) {
      K_UNROLL
      for (u32 t = 0; t < router_tile; ++t) to[t][o] = router_gelu(sum[t] + add);
    }
  }
}

/// z = s g / sqrt(mean s^2 + 1e-5), one wave per token.
template <int W, int most, class T>
KDEV void router_norm(const T* g, float (&z)[router_tile][most], u32 width) {
  const u32 lane = k_tid() % W;
  for (u32 t = k_tid() / W; t < router_tile; t += k_threads() / W) {
    float square = 0;
    for (u32 i = lane; i < width; i += W) square = k_fma(z[t][i], z[t][i], square);
    const float mean = k_wave_sum<W>(square) / static_cast<float>(width);
    const float inverse = k_rsqrt(mean + 1e-5F);
    for (u32 i = lane; i < width; i += W) z[t][i] = z[t][i] * inverse * k_to_float(g[i]);
  }
}

/// Sort key of a choice: larger values first, then lower entries; a smaller key is the better
/// choice.
KDEV u64 router_rank(float biased, u32 entry) {
  const u32 bits = k_bits(biased);
  const u32 key = (bits >> 31) != 0 ? bits : bits ^ 0x7FFFFFFFU;
  return static_cast<u64>(key) << 32 | entry;
}

/// Softmax, choice and probability of one token, computed by the calling wave. A lane accesses only
/// its own entries.
template <int W>
KDEV void router_choice(const RouterArguments& a, float* logit, u32 token) {
  const u32 lane = k_tid() % W;
  float largest = -k_float(0x7F800000U);
  for (u32 e = lane; e < a.entries; e += W) largest = k_max(largest, logit[e]);
  largest = k_wave_max<W>(largest);
  float total = 0;
  for (u32 e = lane; e < a.entries; e += W) {
    logit[e] = k_exp(logit[e] - largest);
    total += logit[e];
  }
  total = k_wave_sum<W>(total);
  u64 best = ~static_cast<u64>(0);
  for (u32 e = lane; e < a.entries; e += W) {
    const float p = logit[e] / total;
    logit[e] = p;
    a.p[static_cast<u64>(token) * a.entries + e] = p;
    best = k_min(best, router_rank(p + a.bias[e], e));
  }
  K_UNROLL
  for (u32 distance = W / 2; distance > 0; distance >>= 1) {
    best = k_min(best, k_shfl_xor<W>(best, distance));
  }
  const u32 choice = static_cast<u32>(best);
  if (choice % W == lane) {
    a.choice[token] = static_cast<i32>(choice);
    a.probability[token] = logit[choice];
  }
}

/// From s to the choice. Whole waves, one block per tile of tokens, width <= most.
template <class T, int W, int most>
KGLOBAL KBOUNDS(256) void router_choose(RouterArguments a) {
  using Shared = RouterShared<most>;
  static_assert(sizeof(Shared) <= (most <= 256 ? 16384 : 49152), "fits the smallest device");
  K_SHARED(Shared, s);
  const u32 first = k_block() * router_tile;
  const u32 count = k_min(router_tile, a.tokens - first);
  for (u32 t = 0; t < router_tile; ++t) {  // missing tokens: repeat the last one
    const u64 from = static_cast<u64>(first + k_min(t, count - 1)) * a.width;
    for (u32 i = k_tid(); i < a.width; i += k_threads()) s.z[t][i] = a.s[from + i];
  }
  k_sync();
  router_norm<W>(static_cast<const T*>(a.g), s.z, a.width);
  k_sync();
  router_layer<W>(static_cast<const T*>(a.w1), static_cast<const T*>(a.b1), s.z, s.y, a.width);
  k_sync();
  router_layer<W>(static_cast<const T*>(a.w2), static_cast<const T*>(a.b2), s.y, s.z, a.width);
  k_sync();
  const T* w3 = static_cast<const T*>(a.w3);
  for (u32 e = k_tid() / W; e < a.entries; e += k_threads() / W) {
    float sum[router_tile];
    router_dots<W, RouterFrom::shared>(w3 + static_cast<u64>(e) * a.width, &s.z[0][0], most,
                                       router_tile - 1, a.width, sum);
    if (k_tid() % W == 0) {
      K_UNROLL
      for (u32 t = 0; t < router_tile; ++t) s.logit[t][e] = sum[t];
    }
  }
  k_sync();
  for (u32 t = k_tid() / W; t < count; t += k_threads() / W) {
    router_choice<W>(a, s.logit[t], first + t);
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
