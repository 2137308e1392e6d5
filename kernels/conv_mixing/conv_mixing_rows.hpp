// conv_mixing, native: per-row operations of both kernels. They read projections and sequence
// state, write V and the new state, and turn y + means into a finished head.
#pragma once

#include <dialect.hpp>
#include "kernels/conv_mixing/conv_mixing_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Elements of T in a 16-byte access.
template <class T>
inline constexpr int conv_wide = 16 / static_cast<int>(sizeof(T));

/// One group (a head of q or of k) of a launch. All row offsets are 64 bits wide.
template <class T>
struct ConvGroup {
  const ConvMixingLaunch& a;
  u32 group;

  KDEV const T* as_t(const void* p) const { return static_cast<const T*>(p); }
  KDEV u64 channels() const { return static_cast<u64>(a.heads + a.kv_heads) * a.d; }
  KDEV u64 width() const { return static_cast<u64>(a.heads + 2 * a.kv_heads) * a.d; }
  KDEV u32 lag() const { return a.kv_heads * a.d / 2; }
  KDEV u32 channel(u32 x) const { return group * a.d + x; }
  KDEV i32 slot_of(u32 row) const { return a.slot[a.batch != 0 ? row : 0]; }
  KDEV bool live(u32 row) const { return slot_of(row) >= 0; }
  KDEV const T* projections(u32 row) const { return as_t(a.qkv) + row * width(); }
  /// Whether head rows begin at 16-byte boundaries.
  KDEV bool aligned() const { return a.d % conv_wide<T> == 0; }
  KDEV float* state(u32 row, u32 x) const {
    return a.conv_state + (static_cast<u64>(slot_of(row)) * channels() + channel(x)) * 2;
  }
  KDEV T* head(u32 row) const {
    if (group < a.heads)
      return static_cast<T*>(a.q) + (static_cast<u64>(row) * a.heads + group) * a.d;
    return static_cast<T*>(a.k) + (static_cast<u64>(row) * a.kv_heads + (group - a.heads)) * a.d;
  }
};

/// N elements as floats; those from `valid` on are 0. `wide`: all N exist and are aligned.
template <int N, class T>
KDEV void conv_take(const T* from, bool wide, u32 valid, float (&to)[N]) {
  if (wide) {
    const Vec<T, N> all = k_load<N>(from);
    K_UNROLL
    for (int i = 0; i < N; ++i) to[i] = k_to_float(all[i]);
    return;
  }
  K_UNROLL
  for (int i = 0; i < N; ++i) to[i] = static_cast<u32>(i) < valid ? k_to_float(from[i]) : 0.0F;
}

/// N floats of shared memory, loaded four at a time.
template <int N>
KDEV void conv_take_lds(const float* from, float (&to)[N]) {
  K_UNROLL
  for (int part = 0; part < N; part += 4) {
    const Vec<float, 4> four = k_load<4>(from + part);
    K_UNROLL
    for (int i = 0; i < 4; ++i) to[part + i] = four[i];
  }
}

/// u of channels x.. of the group, `back` tokens (0, 1 or 2) before the row's token: from the rows,
/// from the state, or 0 before the first token.
template <int N, class T>
KDEV void conv_u(const ConvGroup<T>& g, u32 row, u32 back, u32 x, float (&u)[N]) {
  const u32 in_rows = g.a.batch != 0 ? 0 : row;
  const u32 valid = k_min(g.a.d - x, static_cast<u32>(N));
  if (in_rows >= back) {
    conv_take<N>(g.projections(row - back) + g.channel(x), g.aligned(), valid, u);
    return;
  }
  const float* state = g.a.carries != 0 ? g.state(row, x) + (2 + in_rows - back) : nullptr;
  K_UNROLL
  for (int i = 0; i < N; ++i) {
    u[i] = state != nullptr && static_cast<u32>(i) < valid ? state[2 * i] : 0.0F;
  }
}

/// D of channels x.. : of the row's token, or with `earlier` of the token before it. The state of a
/// padding row is never read.
template <int N, class T>
KDEV void conv_depthwise(const ConvGroup<T>& g, u32 row, u32 earlier, u32 x, float (&d)[N]) {
  float older[N];
  float newer[N];
  conv_u<N>(g, row, earlier + 1, x, older);
  conv_u<N>(g, row, earlier, x, newer);
  const u64 c = g.channel(x);
  const u32 valid = k_min(g.a.d - x, static_cast<u32>(N));
  float bias[N];
  conv_take<N>(g.as_t(g.a.depthwise_bias) + c, g.aligned(), valid, bias);
  K_UNROLL
  for (int i = 0; i < N; ++i) {
    d[i] = 0;
    if (static_cast<u32>(i) >= valid) continue;
    const Vec<T, 2> w = k_load<2>(g.as_t(g.a.depthwise) + 2 * (c + static_cast<u32>(i)));
    d[i] = k_fma(k_to_float(w[0]), older[i], k_fma(k_to_float(w[1]), newer[i], bias[i]));
  }
}

/// V of rows [first, first + rows), restricted to this group's part; reads the lag state.
template <class T>
KDEV void conv_values(const ConvGroup<T>& g, u32 first, u32 rows) {
  if (g.group < g.a.heads) return;
  constexpr u32 wide = conv_wide<T>;
  const u32 d = g.a.d, lag = g.lag(), from = (g.group - g.a.heads) * d;
  const bool whole = g.aligned() && lag % wide == 0;  // no vector crosses the delay's boundary
  const u32 step = whole ? wide : 1;
  for (u32 at = k_tid() * step; at < rows * d; at += k_threads() * step) {
    const u32 row = first + at / d, f = from + at % d;
    T* to = static_cast<T*>(g.a.v) + static_cast<u64>(row) * g.a.kv_heads * d + f;
    const bool live = g.live(row), first_row = g.a.batch != 0 || row == 0;
    if (live && (f < lag || !first_row)) {
      const T* u = g.projections(f < lag ? row : row - 1) + g.channels() + f;
      if (whole) {
        k_store(to, k_load<static_cast<int>(wide)>(u));
      } else {
        *to = *u;
      }
      continue;
    }
    const bool kept = live && g.a.carries != 0;
    const float* state =
        kept ? g.a.lag_state + static_cast<u64>(g.slot_of(row)) * lag + (f - lag) : nullptr;
    for (u32 i = 0; i < step; ++i) to[i] = k_from_float<T>(kept ? state[i] : 0.0F);
  }
}

/// The new state of this group's channels. The block that read a slot's channels writes them, after
/// a barrier. In a sequence only the first rows read the state, so their block also writes the
/// state after the last rows.
template <class T>
KDEV void conv_state(const ConvGroup<T>& g, u32 first, u32 rows) {
  const bool batch = g.a.batch != 0;
  if (!batch && first > 0) return;
  const u32 d = g.a.d, lag = g.lag();
  for (u32 at = k_tid(); at < (batch ? rows : 1) * d; at += k_threads()) {
    const u32 row = batch ? first + at / d : g.a.tokens - 1;
    if (!g.live(row)) continue;
    const u32 x = at % d;
    float older[1];
    conv_u<1>(g, row, 1, x, older);
    Vec<float, 2> pair;
    pair[0] = older[0];
    pair[1] = k_to_float(g.projections(row)[g.channel(x)]);
    k_store(g.state(row, x), pair);
    if (g.group < g.a.heads) continue;
    const u32 f = (g.group - g.a.heads) * d + x;
    if (f < lag) continue;
    g.a.lag_state[static_cast<u64>(g.slot_of(row)) * lag + (f - lag)] =
        k_to_float(g.projections(row)[g.channels() + f]);
  }
}

/// (q + k) / 2 of component x of a query head; for a key head q is the mean over its queries.
template <class T>
KDEV float conv_mean(const ConvGroup<T>& g, u32 row, u32 x) {
  const T* u = g.projections(row);
  const u32 share = g.a.heads / g.a.kv_heads, d = g.a.d;
  const float own = k_to_float(u[g.channel(x)]);
  if (g.group < g.a.heads) {
    return 0.5F * (own + k_to_float(u[(g.a.heads + g.group / share) * d + x]));
  }
  const T* queries = u + (g.group - g.a.heads) * share * d + x;
  float sum = 0;
  for (u32 n = 0; n < share; ++n) sum += k_to_float(queries[n * d]);
  return 0.5F * (sum / static_cast<float>(share) + own);
}

struct ConvRotation {
  float cosine, sine;
};

/// cos and sin of an f32 angle below 2^31. The angle minus q pi/2 is computed in double with an
/// error below 2^-60, and rounded once. The omitted Taylor terms are below 2^-28. To first order
/// the error is 2.6 u for sin and 2.5 u for cos (u = 2^-24): 1 u and 2 u from rounding the
/// remainder, the rest from the last steps. The definition allows 4 u.
KDEV ConvRotation conv_rotation(float angle) {
  const double magic = 6755399441055744.0;  // 1.5 2^52: the sum has no bits below 1
  const double shifted = k_fma(static_cast<double>(angle), 0.63661977236758134308, magic);
  const double quarters = shifted - magic;
  double rest = k_fma(-quarters, 1.5707963267948965580, static_cast<double>(angle));
  rest = k_fma(-quarters, 6.1232339957367658860e-17, rest);
  const float r = static_cast<float>(rest);
  const float z = r * r;
  float s = 2.75573192e-6F;
  s = k_fma(s, z, -1.98412698e-4F);
  s = k_fma(s, z, 8.33333333e-3F);
  s = k_fma(s, z, -1.66666667e-1F);
  s = k_fma(r * z, s, r);
  float c = -2.75573192e-7F;
  c = k_fma(c, z, 2.48015873e-5F);
  c = k_fma(c, z, -1.38888889e-3F);
  c = k_fma(c, z, 4.16666667e-2F);
  c = k_fma(c, z, -0.5F);
  c = k_fma(c, z, 1.0F);
  const u32 quadrant = static_cast<u32>(k_bits(shifted)) & 3U;
  const float cosine = (quadrant & 1U) != 0 ? s : c;
  const float sine = (quadrant & 1U) != 0 ? c : s;
  return {quadrant == 1 || quadrant == 2 ? -cosine : cosine, quadrant >= 2 ? -sine : sine};
}

/// One wave turns a row of y (in shared memory, d floats) into a finished head: bias and means,
/// norm, temperature, rotation, storage. Every lane of the wave must call it.
template <int W, int D, class T>
KDEV void conv_finish(const ConvGroup<T>& g, u32 row, float* y) {
  constexpr int each = (D + W - 1) / W;
  const u32 lane = k_tid() % W, d = g.a.d;
  const bool live = g.live(row);
  float head[each];
  float square = 0;
  K_UNROLL
  for (int p = 0; p < each; ++p) {
    const u32 x = lane + static_cast<u32>(p) * W;
    head[p] = 0;
    if (x >= d || !live) continue;
    head[p] = y[x] + k_to_float(g.as_t(g.a.grouped_bias)[g.channel(x)]) + conv_mean(g, row, x);
    square = k_fma(head[p], head[p], square);
  }
  square = k_wave_sum<W>(square);
  float scale = 1.0F;
  if (g.a.raw == 0) {
    scale = k_sqrt(static_cast<float>(d)) / k_sqrt(square + 1e-12F);
    if (g.group >= g.a.heads) scale *= k_to_float(g.as_t(g.a.temperature)[g.group - g.a.heads]);
  }
  K_UNROLL
  for (int p = 0; p < each; ++p) {
    const u32 x = lane + static_cast<u32>(p) * W;
    if (x < d) y[x] = head[p] * scale;
  }
  k_syncwave<W>();  // pairs of the rotation lie in two lanes
  if (g.a.raw == 0 && live) {
    const float position = static_cast<float>(g.a.position[row]);
    for (u32 x = lane; x < g.a.half; x += W) {
      const ConvRotation turn = conv_rotation(position * g.a.frequency[x]);
      const float low = y[x], high = y[x + g.a.half];
      y[x] = low * turn.cosine - high * turn.sine;
      y[x + g.a.half] = high * turn.cosine + low * turn.sine;
    }
  }
  k_syncwave<W>();  // a store combines neighbouring elements
  T* out = g.head(row);
  constexpr u32 wide = conv_wide<T>;
  if (g.aligned()) {
    for (u32 x = lane * wide; x < d; x += W * wide) {
      Vec<T, static_cast<int>(wide)> all;
      K_UNROLL
      for (u32 i = 0; i < wide; ++i) all[static_cast<int>(i)] = k_from_float<T>(y[x + i]);
      k_store(out + x, all);
    }
    return;
  }
  for (u32 x = lane; x < d; x += W) out[x] = k_from_float<T>(y[x]);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
