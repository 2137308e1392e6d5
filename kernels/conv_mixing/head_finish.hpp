// Steps after the grouped convolution on CPU lanes, row by row while y is in cache: bias, means,
// norm, temperature and RoPE of one head.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/common/cpu/lanes.hpp"
#include "kernels/conv_mixing/conv_mixing_arguments.hpp"

namespace kernelgate {

template <class T>
class HeadFinish {
 public:
  HeadFinish(const ConvMixingShape& s, const ConvMixingMemory<T>& m, std::int64_t group)
      : s_(s),
        m_(m),
        group_(group),
        many_(group < s.heads ? 1 : s.heads / s.kv_heads),
        first_query_(group < s.heads ? group : (group - s.heads) * many_),
        key_(group < s.heads ? s.heads + group / (s.heads / s.kv_heads) : group),
        bias_(m.grouped_bias.data() + group * s.d) {}

  /// Q or K of a live row from its y, which is overwritten; `rope` contains the row's cosines and
  /// sines.
  void write(std::int64_t row, float* y, const float* rope) const {
    T* out = m_.head(s_, row, group_);
    const float square = add_means(row, y);
    if (s_.stage != ConvStage::mixed) return store(y, out, 0, 1);
    float scale = std::sqrt(static_cast<float>(s_.d)) / std::sqrt(square + 1e-12F);
    if (group_ >= s_.heads) scale *= to_float(m_.temperature[group_ - s_.heads]);
    rotate(y, rope, scale, out);
    store(y, out, 2 * s_.half, scale);
  }

  /// Zeros for a padding row.
  void clear(std::int64_t row) const {
    T* out = m_.head(s_, row, group_);
    std::fill(out, out + s_.d, from_float<T>(0));
  }

 private:
  /// Adds bias and means to y and returns the sum of squares.
  float add_means(std::int64_t row, float* y) const {
    const T* u = m_.qkv.data() + row * s_.width;
    const T* queries = u + first_query_ * s_.d;
    const T* key = u + key_ * s_.d;
    const float share = static_cast<float>(many_);
    const float part = 1 / share;  // exact for a power of two, and much faster than dividing
    const bool divides = !std::has_single_bit(static_cast<std::uint64_t>(many_));
    Lanes square[2] = {};
    std::int64_t o = 0;
    for (; o + lane_count <= s_.d; o += lane_count) {
      Lanes sum = load_lanes(queries + o);
      for (std::int64_t n = 1; n < many_; ++n) sum += load_lanes(queries + n * s_.d + o);
      if (divides)
        sum /= share;
      else
        sum *= part;
      const Lanes mean = 0.5F * (sum + load_lanes(key + o));
      const Lanes x = load_lanes(y + o) + load_lanes(bias_ + o) + mean;
      store_lanes(y + o, x);
      square[o / lane_count % 2] += x * x;
    }
    float total = sum_lanes(square[0] + square[1]);
    for (; o < s_.d; ++o) {
      y[o] += to_float(bias_[o]) + m_.mean(s_, row, group_ * s_.d + o);
      total += y[o] * y[o];
    }
    return total;
  }

  /// Rotates dims 0 .. 2 half - 1: each pair (x, x + half) by its angle.
  void rotate(const float* y, const float* cosine, float scale, T* out) const {
    const float* sine = cosine + s_.half;
    std::int64_t x = 0;
    for (; x + lane_count <= s_.half; x += lane_count) {
      const Lanes low = load_lanes(y + x) * scale;
      const Lanes high = load_lanes(y + s_.half + x) * scale;
      const Lanes c = load_lanes(cosine + x);
      const Lanes s = load_lanes(sine + x);
      store_lanes(out + x, low * c - high * s);
      store_lanes(out + s_.half + x, high * c + low * s);
    }
    for (; x < s_.half; ++x) {
      const float low = y[x] * scale;
      const float high = y[s_.half + x] * scale;
      out[x] = from_float<T>(low * cosine[x] - high * sine[x]);
      out[s_.half + x] = from_float<T>(high * cosine[x] + low * sine[x]);
    }
  }

  void store(const float* y, T* out, std::int64_t begin, float scale) const {
    std::int64_t x = begin;
    for (; x + lane_count <= s_.d; x += lane_count) {
      store_lanes(out + x, load_lanes(y + x) * scale);
    }
    for (; x < s_.d; ++x) out[x] = from_float<T>(y[x] * scale);
  }

  const ConvMixingShape& s_;
  const ConvMixingMemory<T>& m_;
  std::int64_t group_, many_, first_query_, key_;
  const T* bias_;
};

}  // namespace kernelgate
