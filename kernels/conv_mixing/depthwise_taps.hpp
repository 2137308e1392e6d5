// The depthwise convolution on CPU lanes: D of one head for a block of rows, in f32.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/common/cpu/lanes.hpp"
#include "kernels/conv_mixing/conv_mixing_arguments.hpp"

namespace kernelgate {

/// Largest head_dim of a case.
inline constexpr std::int64_t widest_head = 256;

/// Weights and bias of a group's depthwise taps, in separate arrays.
template <class T>
class DepthwiseTaps {
 public:
  DepthwiseTaps(const ConvMixingShape& s, const ConvMixingMemory<T>& m, std::int64_t group)
      : s_(s), m_(m), channel_(group * s.d) {
    for (std::int64_t j = 0; j < s.d; ++j) {
      older_[j] = to_float(m.depthwise[2 * (channel_ + j)]);
      newer_[j] = to_float(m.depthwise[2 * (channel_ + j) + 1]);
      bias_[j] = to_float(m.depthwise_bias[channel_ + j]);
    }
  }

  /// D of the token before `first`, then of `rows` tokens from `first` on: [rows + 1, d].
  void sequence(std::int64_t first, std::int64_t rows, float* out) const {
    const T* u = m_.qkv.data() + first * s_.width + channel_;
    std::int64_t i = 0;
    if (first == 0) {
      alignas(64) float before[2][widest_head];  // u of tokens -2 and -1
      for (std::int64_t j = 0; j < s_.d; ++j) {
        before[0][j] = m_.earlier(s_, 0, 2, channel_ + j);
        before[1][j] = m_.earlier(s_, 0, 1, channel_ + j);
      }
      row(before[0], before[1], out);
      row(before[1], u, out + s_.d);
      i = 2;
    }
    for (; i < rows + 1; ++i) {
      const T* newer = u + (i - 1) * s_.width;
      row(newer - s_.width, newer, out + i * s_.d);
    }
  }

  /// D_{t-1} and D_t of each row of a decode batch: [rows, 2, d]. Padding gives zeros.
  void batch(std::int64_t first, std::int64_t rows, float* out) const {
    for (std::int64_t i = 0; i < rows; ++i) {
      float* before = out + i * 2 * s_.d;
      float* now = before + s_.d;
      const std::int64_t slot = m_.slot_of(s_, first + i);
      if (slot < 0) {
        std::fill(before, before + 2 * s_.d, 0.0F);
        continue;
      }
      const float* state = m_.conv_state.data() + (slot * s_.channels + channel_) * 2;
      const T* u = m_.qkv.data() + (first + i) * s_.width + channel_;
      for (std::int64_t j = 0; j < s_.d; ++j) {
        const float newer = state[2 * j + 1];
        before[j] = older_[j] * state[2 * j] + (newer_[j] * newer + bias_[j]);
        now[j] = older_[j] * newer + (newer_[j] * to_float(u[j]) + bias_[j]);
      }
    }
  }

 private:
  template <class Older, class Newer>
  void row(const Older* older, const Newer* newer, float* out) const {
    std::int64_t j = 0;
    for (; j + lane_count <= s_.d; j += lane_count) {
      const Lanes recent = load_lanes(newer_ + j) * load_lanes(newer + j) + load_lanes(bias_ + j);
      store_lanes(out + j, load_lanes(older_ + j) * load_lanes(older + j) + recent);
    }
    for (; j < s_.d; ++j) {
      out[j] = older_[j] * to_float(older[j]) + (newer_[j] * to_float(newer[j]) + bias_[j]);
    }
  }

  const ConvMixingShape& s_;
  const ConvMixingMemory<T>& m_;
  std::int64_t channel_;
  alignas(64) float older_[widest_head], newer_[widest_head], bias_[widest_head];
};

}  // namespace kernelgate
