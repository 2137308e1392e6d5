// Copies of conv_mixing on a CPU: V, half of it delayed, and the new state of the sequence. Each
// element belongs to the item of one head or key head, which alone reads it and then writes it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv_mixing/conv_mixing_arguments.hpp"

namespace kernelgate {

/// V of one key head: elements of the row's flat [v_cur ; v_del of the token before].
template <class T>
void write_values(const ConvMixingShape& s, const ConvMixingMemory<T>& m, std::int64_t group,
                  std::int64_t first, std::int64_t rows) {
  const std::int64_t begin = (group - s.heads) * s.d;
  const std::int64_t end = begin + s.d;
  const std::int64_t current = std::clamp(s.lag, begin, end);  // delayed elements start here
  for (std::int64_t row = first; row < first + rows; ++row) {
    T* out = m.v.data() + row * s.kv_heads * s.d;
    if (m.slot_of(s, row) < 0) {
      std::fill(out + begin, out + end, from_float<T>(0));
      continue;
    }
    const T* values = m.qkv.data() + row * s.width + s.channels;
    std::copy(values + begin, values + current, out + begin);
    if (s.form != ConvForm::decode && row > 0) {
      std::copy(values - s.width + current, values - s.width + end, out + current);
    } else {
      for (std::int64_t f = current; f < end; ++f) out[f] = m.value(s, row, f);
    }
  }
}

/// The states of one group's channels after the last row, or after every row of a decode batch.
template <class T>
void write_states(const ConvMixingShape& s, const ConvMixingMemory<T>& m, std::int64_t group,
                  std::int64_t first, std::int64_t rows) {
  const bool decode = s.form == ConvForm::decode;
  const std::int64_t begin = decode ? first : s.tokens - 1;
  const std::int64_t end = decode ? first + rows : s.tokens;
  for (std::int64_t row = begin; row < end; ++row) {
    const std::int64_t slot = m.slot_of(s, row);
    if (slot < 0) continue;
    for (std::int64_t c = group * s.d; c < (group + 1) * s.d; ++c) {
      float* state = m.conv_state.data() + (slot * s.channels + c) * 2;
      state[0] = m.earlier(s, row, 1, c);
      state[1] = to_float(m.qkv[row * s.width + c]);
      const std::int64_t f = c - s.heads * s.d;
      if (f < s.lag) continue;
      m.lag_state[slot * s.lag + f - s.lag] = to_float(m.qkv[row * s.width + s.channels + f]);
    }
  }
}

}  // namespace kernelgate
