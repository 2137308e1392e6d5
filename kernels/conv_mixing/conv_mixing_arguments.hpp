// Case sizes and device memory shared by the portable variants of conv_mixing.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/common/kokkos/staging.hpp"
#include "kernels/conv_mixing/conv_mixing.hpp"

namespace kernelgate {

/// The sizes of a case that a kernel needs, copyable to a device.
struct ConvMixingShape {
  std::int64_t tokens, heads, kv_heads, d, half, channels, lag, width;
  ConvForm form;
  ConvStage stage;

  explicit ConvMixingShape(const ConvMixingCase& c)
      : tokens(c.tokens),
        heads(c.heads),
        kv_heads(c.kv_heads),
        d(c.head_dim),
        half(c.rotary / 2),
        channels(c.channels()),
        lag(c.lag_width()),
        width(c.row_width()),
        form(c.form),
        stage(c.stage) {}
  KOKKOS_FUNCTION std::int64_t groups() const { return heads + kv_heads; }
};

/// Tensors in device memory, and theta^(-x / half) rounded to f32, computed once per launch object.
template <class T>
struct ConvMixingMemory {
  DeviceView<T> qkv, depthwise, depthwise_bias, grouped, grouped_bias, temperature;
  DeviceView<std::int32_t> position, slot;
  DeviceView<float> conv_state, lag_state, frequency;
  DeviceView<T> q, k, v;

  /// Slot of a row: the row's own in a decode batch, otherwise that of the sequence.
  KOKKOS_FUNCTION std::int64_t slot_of(const ConvMixingShape& s, std::int64_t row) const {
    return slot[s.form == ConvForm::decode ? row : 0];
  }

  /// u of channel c, `back` tokens (1 or 2) before the row's token.
  KOKKOS_FUNCTION float earlier(const ConvMixingShape& s, std::int64_t row, std::int64_t back,
                                std::int64_t c) const {
    const std::int64_t in_rows = s.form == ConvForm::decode ? 0 : row;
    if (in_rows >= back) return to_float(qkv[(row - back) * s.width + c]);
    if (s.form == ConvForm::prefill) return 0;
    return conv_state[(slot_of(s, row) * s.channels + c) * 2 + 2 + in_rows - back];
  }

  /// (q + k) / 2 of a query channel; for a key channel q is the mean over its queries.
  KOKKOS_FUNCTION float mean(const ConvMixingShape& s, std::int64_t row, std::int64_t c) const {
    const T* u = qkv.data() + row * s.width;
    const std::int64_t share = s.heads / s.kv_heads;
    const std::int64_t queries = s.heads * s.d;
    if (c < queries) {
      const std::int64_t key = queries + c / s.d / share * s.d + c % s.d;
      return 0.5F * (to_float(u[c]) + to_float(u[key]));
    }
    const std::int64_t first = (c - queries) / s.d * share * s.d + c % s.d;
    float sum = 0;
    for (std::int64_t n = 0; n < share; ++n) sum += to_float(u[first + n * s.d]);
    return 0.5F * (sum / static_cast<float>(share) + to_float(u[c]));
  }

  /// Element f of the row's flat [v_cur ; v_del of the token before]; reads the lag state.
  KOKKOS_FUNCTION T value(const ConvMixingShape& s, std::int64_t row, std::int64_t f) const {
    if (f < s.lag) return qkv[row * s.width + s.channels + f];
    if (s.form != ConvForm::decode && row > 0) {
      return qkv[(row - 1) * s.width + s.channels + f];
    }
    if (s.form == ConvForm::prefill) return from_float<T>(0);
    return from_float<T>(lag_state[slot_of(s, row) * s.lag + f - s.lag]);
  }

  /// Output address of head `group` of a row.
  KOKKOS_FUNCTION T* head(const ConvMixingShape& s, std::int64_t row, std::int64_t group) const {
    return group < s.heads ? q.data() + (row * s.heads + group) * s.d
                           : k.data() + (row * s.kv_heads + group - s.heads) * s.d;
  }
};

/// theta^(-2x / rotary) in f32, for x < rotary / 2.
inline DeviceView<float> rope_frequencies(const ConvMixingCase& c) {
  const DeviceView<float> table("frequency", static_cast<std::size_t>(c.rotary / 2));
  const auto host = Kokkos::create_mirror_view(table);
  for (std::int64_t x = 0; x < c.rotary / 2; ++x) {
    const double exponent = -2 * static_cast<double>(x) / static_cast<double>(c.rotary);
    host[x] = static_cast<float>(std::pow(static_cast<double>(c.theta), exponent));
  }
  Kokkos::deep_copy(table, host);
  return table;
}

/// The case's tensors staged on the device; fetch() copies the outputs back.
template <class T>
struct ConvMixingStaged {
  Staged<T> qkv, depthwise, depthwise_bias, grouped, grouped_bias, temperature;
  Staged<std::int32_t> position, slot;
  Staged<float> conv_state, lag_state;
  Staged<T> q, k, v;
  DeviceView<float> frequency;

  ConvMixingStaged(const ConvMixingCase& c, TensorSet& t)
      : qkv(t["qkv"]),
        depthwise(t["depthwise"]),
        depthwise_bias(t["depthwise_bias"]),
        grouped(t["grouped"]),
        grouped_bias(t["grouped_bias"]),
        temperature(t["temperature"]),
        position(t["position"]),
        slot(t["slot"]),
        conv_state(t["conv_state"]),
        lag_state(t["lag_state"]),
        q(t["q"]),
        k(t["k"]),
        v(t["v"]),
        frequency(rope_frequencies(c)) {}

  ConvMixingMemory<T> memory() const {
    return {qkv.view(),
            depthwise.view(),
            depthwise_bias.view(),
            grouped.view(),
            grouped_bias.view(),
            temperature.view(),
            position.view(),
            slot.view(),
            conv_state.view(),
            lag_state.view(),
            frequency,
            q.view(),
            k.view(),
            v.view()};
  }
  void fetch() const {
    conv_state.fetch();
    lag_state.fetch();
    q.fetch();
    k.fetch();
    v.fetch();
  }
};

}  // namespace kernelgate
