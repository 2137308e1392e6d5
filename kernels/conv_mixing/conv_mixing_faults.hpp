// Plain serial conv_mixing with optional seeded bugs, one at a time. Verification must reject each
// bug (spec 12.1, 12.2) and pass the version without one. For tests only.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "kernels/conv_mixing/conv_mixing.hpp"

namespace kernelgate {

enum class ConvFault {
  none,
  nothing_written,
  one_stale_element,
  write_past_the_end,
  last_term_dropped,
  narrow_accumulator,
  taps_swapped,        // C8
  grouped_transposed,  // C8
  zero_between_convs,  // C5: loses Gamma0 b at the first token
  state_before_read,   // C1
  one_state_row,       // C3: every row of the batch uses the first live slot
  state_in_bf16,       // C6
  short_chunk,         // C9: a one-token chunk builds a state without the old newer column
  padding_writes,      // C11
  values_interleaved,  // C13: half of every head is current
  means_after_conv,    // C14
  heads_modulo,        // C14: query n pairs with key n mod kv
  no_means,
  exp_temperature,       // A1
  no_guard,              // A3: 0 / 0
  clamped_norm,          // A4: max(|x|, 2^-7)
  rope_interleaved,      // A6
  rope_second_half,      // A6
  rope_exponent_over_d,  // A6
};

/// The kernel in float, row by row.
class FaultyConvMixing {
 public:
  FaultyConvMixing(const ConvMixingCase& c, TensorSet& t, ConvFault fault)
      : c_(c), t_(t), fault_(fault) {}

  void run() {
    if (fault_ == ConvFault::nothing_written) return;
    std::int64_t first_live = 0;
    for (std::int64_t row = 0; row < c_.tokens; ++row) {
      const bool decode = c_.form == ConvForm::decode;
      std::int64_t slot = c_.slot_of(decode ? row : 0);
      if (slot >= 0 && row == 0) first_live = slot;
      if (is(ConvFault::one_state_row) && slot >= 0) slot = first_live;
      const bool padding = slot < 0;
      if (padding && is(ConvFault::padding_writes)) slot = 0;
      if (decode || row == 0) load(slot);
      if (is(ConvFault::state_before_read)) advance(row);
      padding ? clear(row) : mix(row);
      if (!is(ConvFault::state_before_read)) advance(row);
      if ((decode || row == c_.tokens - 1) && slot >= 0) store(slot);
    }
    if (is(ConvFault::one_stale_element)) {
      Tensor& q = t_["q"];
      q.set(q.count() / 2, q.get(q.count() / 2 + 1));
    }
    if (is(ConvFault::write_past_the_end)) t_["k"].set(t_["k"].count(), 1);
  }

 private:
  using Numbers = std::vector<float>;

  bool is(ConvFault fault) const { return fault_ == fault; }
  float in(std::string_view name, std::int64_t i) { return static_cast<float>(t_[name].get(i)); }
  float u(std::int64_t row, std::int64_t i) { return in("qkv", row * c_.row_width() + i); }

  void load(std::int64_t slot) {
    older_.assign(static_cast<std::size_t>(c_.channels()), 0);
    newer_ = older_;
    lag_.assign(static_cast<std::size_t>(c_.lag_width()), 0);
    if (c_.form == ConvForm::prefill || slot < 0) return;
    for (std::int64_t i = 0; i < c_.channels(); ++i) {
      older_[i] = in("conv_state", (slot * c_.channels() + i) * 2);
      newer_[i] = in("conv_state", (slot * c_.channels() + i) * 2 + 1);
    }
    for (std::int64_t i = 0; i < c_.lag_width(); ++i)
      lag_[i] = in("lag_state", slot * c_.lag_width() + i);
  }

  void advance(std::int64_t row) {
    for (std::int64_t i = 0; i < c_.channels(); ++i) {
      older_[i] = is(ConvFault::short_chunk) && c_.tokens == 1 ? 0 : newer_[i];
      newer_[i] = u(row, i);
    }
    for (std::int64_t i = 0; i < c_.lag_width(); ++i) {
      lag_[i] = u(row, c_.channels() + c_.lag_width() + i);
    }
  }

  void store(std::int64_t slot) {
    const auto kept = [&](float x) {
      return is(ConvFault::state_in_bf16) ? to_float(from_float<bf16>(x)) : x;
    };
    for (std::int64_t i = 0; i < c_.channels(); ++i) {
      t_["conv_state"].set((slot * c_.channels() + i) * 2, kept(older_[i]));
      t_["conv_state"].set((slot * c_.channels() + i) * 2 + 1, kept(newer_[i]));
    }
    for (std::int64_t i = 0; i < c_.lag_width(); ++i) {
      t_["lag_state"].set(slot * c_.lag_width() + i, lag_[i]);
    }
  }

  void clear(std::int64_t row) {
    for (std::int64_t i = 0; i < c_.heads * c_.head_dim; ++i)
      t_["q"].set(row * c_.heads * c_.head_dim + i, 0);
    for (std::int64_t i = 0; i < 2 * c_.lag_width(); ++i) {
      t_["k"].set(row * 2 * c_.lag_width() + i, 0);
      t_["v"].set(row * 2 * c_.lag_width() + i, 0);
    }
  }

  Numbers depthwise(const Numbers& a, const Numbers& b) {
    Numbers d(a.size());
    const int swap = is(ConvFault::taps_swapped) ? 1 : 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto c = static_cast<std::int64_t>(i);
      d[i] = in("depthwise", 2 * c + swap) * a[i] + in("depthwise", 2 * c + 1 - swap) * b[i] +
             in("depthwise_bias", c);
    }
    return d;
  }

  float grouped(const Numbers& before, const Numbers& now, std::int64_t c) {
    const std::int64_t d = c_.head_dim;
    const std::int64_t first = c / d * d;
    float sum = in("grouped_bias", c);
    for (std::int64_t j = 0; j < d - (is(ConvFault::last_term_dropped) ? 1 : 0); ++j) {
      const std::int64_t at =
          is(ConvFault::grouped_transposed) ? (first + j) * d + c % d : c * d + j;
      sum += in("grouped", 2 * at) * before[first + j];
      sum += in("grouped", 2 * at + 1) * now[first + j];
      if (is(ConvFault::narrow_accumulator)) sum = to_float(from_float<bf16>(sum));
    }
    return sum;
  }

  // (q + k) / 2 from `x`, a row's q and k.
  float mean(const Numbers& x, std::int64_t c) const {
    if (is(ConvFault::no_means)) return 0;
    const std::int64_t d = c_.head_dim;
    const std::int64_t share = c_.heads / c_.kv_heads;
    const auto key_of = [&](std::int64_t n) {
      return is(ConvFault::heads_modulo) ? n % c_.kv_heads : n / share;
    };
    const std::int64_t n = c / d;
    if (n < c_.heads) return (x[c] + x[(c_.heads + key_of(n)) * d + c % d]) / 2;
    float sum = 0;
    for (std::int64_t m = 0; m < c_.heads; ++m) {
      if (key_of(m) == n - c_.heads) sum += x[m * d + c % d];
    }
    return (sum / static_cast<float>(share) + x[c]) / 2;
  }

  void mix(std::int64_t row) {
    const std::int64_t d = c_.head_dim;
    Numbers now(static_cast<std::size_t>(c_.channels()));
    for (std::int64_t i = 0; i < c_.channels(); ++i) now[i] = u(row, i);
    Numbers d0 = depthwise(older_, newer_);
    const Numbers d1 = depthwise(newer_, now);
    const bool start = c_.form == ConvForm::prefill && row == 0;
    if (is(ConvFault::zero_between_convs) && start) d0.assign(d0.size(), 0);
    Numbers y(now.size());
    for (std::int64_t c = 0; c < c_.channels(); ++c) y[c] = grouped(d0, d1, c);
    const Numbers source = is(ConvFault::means_after_conv) ? y : now;
    for (std::int64_t c = 0; c < c_.channels(); ++c) y[c] += mean(source, c);
    for (std::int64_t g = 0; g < c_.groups(); ++g) {
      if (c_.stage == ConvStage::mixed) finish(&y[g * d], row, g);
      const bool query = g < c_.heads;
      const std::int64_t at =
          query ? (row * c_.heads + g) * d : (row * c_.kv_heads + g - c_.heads) * d;
      for (std::int64_t o = 0; o < d; ++o) t_[query ? "q" : "k"].set(at + o, y[g * d + o]);
    }
    for (std::int64_t f = 0; f < 2 * c_.lag_width(); ++f) {
      const std::int64_t half = d / 2;
      const bool interleaved = is(ConvFault::values_interleaved);
      const bool current = interleaved ? f % d < half : f < c_.lag_width();
      const std::int64_t from = interleaved ? f / d * half + f % half
                                : current   ? f
                                            : f - c_.lag_width();
      t_["v"].set(row * 2 * c_.lag_width() + f,
                  current ? u(row, c_.channels() + from) : lag_[from]);
    }
  }

  void finish(float* x, std::int64_t row, std::int64_t g) {
    const std::int64_t d = c_.head_dim;
    const std::int64_t half = c_.rotary / 2;
    float square = is(ConvFault::no_guard) || is(ConvFault::clamped_norm) ? 0 : 1e-12F;
    for (std::int64_t o = 0; o < d; ++o) square += x[o] * x[o];
    float norm = std::sqrt(square);
    if (is(ConvFault::clamped_norm)) norm = std::max(norm, 0x1p-7F);
    float scale = std::sqrt(static_cast<float>(d)) / norm;
    if (g >= c_.heads) {
      const float tau = in("temperature", g - c_.heads);
      scale *=
          is(ConvFault::exp_temperature) ? std::exp(std::min(std::max(tau, 1e-7F), 2.0F)) : tau;
    }
    for (std::int64_t o = 0; o < d; ++o) x[o] *= scale;
    const bool pairs = is(ConvFault::rope_interleaved);
    const std::int64_t shift = is(ConvFault::rope_second_half) ? d - c_.rotary : 0;
    for (std::int64_t o = 0; o < half; ++o) {
      const double over = static_cast<double>(is(ConvFault::rope_exponent_over_d) ? d : c_.rotary);
      const float frequency = static_cast<float>(
          std::pow(static_cast<double>(c_.theta), -2 * static_cast<double>(o) / over));
      const float angle = static_cast<float>(t_["position"].get(row)) * frequency;
      float& low = x[shift + (pairs ? 2 * o : o)];
      float& high = x[shift + (pairs ? 2 * o + 1 : o + half)];
      const float rotated = low * std::cos(angle) - high * std::sin(angle);
      high = high * std::cos(angle) + low * std::sin(angle);
      low = rotated;
    }
  }

  const ConvMixingCase c_;
  TensorSet& t_;
  const ConvFault fault_;
  Numbers older_, newer_, lag_;
};

}  // namespace kernelgate
