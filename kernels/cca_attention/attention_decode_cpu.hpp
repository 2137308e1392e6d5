// A few query rows against a long cache on a CPU: limited by reading K and V, each once. Components
// lie along the lanes; four keys and four rows make sixteen running products at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "harness/executors/kokkos/cpu_gemm/fetch_level.hpp"
#include "harness/executors/kokkos/cpu_gemm/lane_blocks.hpp"
#include "harness/executors/kokkos/lane_powers.hpp"
#include "kernels/cca_attention/attention_tile.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// One task: all rows against the keys of one split, block after block. A block's keys are scored
/// key after key, for all kv heads of each, so that memory is read from end to end, as hardware
/// fetching likes it; then its values are mixed. Owns its working memory.
template <class T>
class DecodeSplit {
 public:
  static constexpr std::int64_t block_keys = 32;  // their keys and values fit into L1
  static constexpr int step = 4;                  // keys, and rows, of a register block
  static constexpr std::int64_t pair = 2 * lane_count;

  explicit DecodeSplit(const AttentionSizes& size)
      : size_(size),
        rows_((size.tokens * size.group + step - 1) / step * step),
        width_((size.head_dim + lane_count - 1) / lane_count * lane_count),
        twins_(size.head_dim / pair * pair),
        queries_(cells(size.kv_heads * width_)),
        weights_(cells(size.kv_heads * block_keys)),
        factor_(static_cast<float>(1.4426950408889634 /
                                   std::sqrt(static_cast<double>(size.head_dim)))) {}

  /// What run() gives for each row of each kv head, [kv_heads][rows]: the largest score, an
  /// exponent of 2, the sum of weights, and the values mixed (not divided), [kv_heads][rows][d].
  struct Results {
    float *largest, *total, *mixed;
  };

  /// `first`, `end`: the valid keys of sequence b.
  void run(const T* q, const T* k, const T* v, std::int64_t b, std::int64_t first, std::int64_t end,
           std::int64_t begin_key, std::int64_t end_key, const Results& results) {
    const std::int64_t rows = size_.tokens * size_.group, d = size_.head_dim;
    take_queries(q, b);
    std::fill_n(results.largest, size_.kv_heads * rows, -std::numeric_limits<float>::infinity());
    std::fill_n(results.total, size_.kv_heads * rows, 0.0F);
    std::fill_n(results.mixed, size_.kv_heads * rows * d, 0.0F);
    for (std::int64_t s0 = begin_key; s0 < end_key; s0 += block_keys) {
      const std::int64_t keys = std::min(block_keys, end_key - s0);
      const std::int64_t at = size_.key_at(b, s0, 0);
      score_block(k + at, v + at, keys);
      for (std::int64_t j = 0; j < size_.kv_heads; ++j) {
        const std::int64_t row = j * rows;
        mix_block(v + at + j * d, j, s0, keys, first, end,
                  {results.largest + row, results.total + row, results.mixed + row * d});
      }
    }
  }

 private:
  /// The rows' queries in f32, scaled, [kv_heads][rows_][width_], in load_twins()' order.
  /// What lies behind a row and behind the last row stays 0.
  void take_queries(const T* q, std::int64_t b) {
    for (std::int64_t j = 0; j < size_.kv_heads; ++j) {
      for (std::int64_t r = 0; r < size_.tokens * size_.group; ++r) {
        const T* from = q + size_.query_at(b, r / size_.group, j * size_.group + r % size_.group);
        float* to = &queries_[static_cast<std::size_t>((j * rows_ + r) * width_)];
        for (std::int64_t x = 0; x < twins_; x += pair) {
          const Twins both = load_twins(from + x);
          store_lanes(to + x, both.first * factor_);
          store_lanes(to + x + lane_count, both.second * factor_);
        }
        for (std::int64_t x = twins_; x < size_.head_dim; ++x) to[x] = to_float(from[x]) * factor_;
      }
    }
  }

  /// The scores of one block of keys, for the rows of all kv heads.
  void score_block(const T* k, const T* v, std::int64_t keys) {
    const std::int64_t d = size_.head_dim, stride = size_.kv_heads * d;
    const auto score_keys = [&](auto count, std::int64_t s) {
      for (std::int64_t j = 0; j < size_.kv_heads; ++j) {
        for (std::int64_t r = 0; r < rows_; r += step) {
          score<count()>(k + s * stride + j * d, stride,
                         &queries_[static_cast<std::size_t>((j * rows_ + r) * width_)],
                         weights_of(j, r) + s);
        }
      }
    };
    std::int64_t s = 0;
    for (; s + step <= keys; s += step) {
      if (fetch_level() == FetchTo::l1) {
        fetch<FetchTo::l1>(k, v, stride, s);
      } else {
        fetch<FetchTo::l2>(k, v, stride, s);
      }
      score_keys(std::integral_constant<int, step>{}, s);
    }
    for (; s < keys; ++s) score_keys(std::integral_constant<int, 1>{}, s);
  }

  /// The values of one block of keys of kv head j, whose rows' results are `of`.
  void mix_block(const T* v, std::int64_t j, std::int64_t s0, std::int64_t keys, std::int64_t first,
                 std::int64_t end, const Results& of) {
    const std::int64_t rows = size_.tokens * size_.group, d = size_.head_dim;
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t token = r / size_.group;
      const std::int64_t from = std::max<std::int64_t>(0, size_.begin_of(token, first, end) - s0);
      const std::int64_t to = std::min(keys, size_.end_of(token, end) - s0);
      const float shrink = soften(weights_of(j, r), from, to, of.largest[r], of.total[r]);
      if (shrink != 1) {
        for (std::int64_t x = 0; x < d; ++x) of.mixed[r * d + x] *= shrink;
      }
    }
    for (std::int64_t r = 0; r < rows; r += step) {
      mix(v, keys, weights_of(j, r), std::min<std::int64_t>(step, rows - r), of.mixed + r * d);
    }
  }

  float* weights_of(std::int64_t j, std::int64_t r) {
    return &weights_[static_cast<std::size_t>((j * rows_ + r) * block_keys)];
  }

  std::size_t cells(std::int64_t columns) const {
    return static_cast<std::size_t>(rows_ * columns);
  }

  /// While `step` keys are scored: those behind them, and the block's values in the same places.
  template <FetchTo To>
  void fetch(const T* keys, const T* values, std::int64_t stride, std::int64_t s) const {
    constexpr std::int64_t line = 64 / sizeof(T), keys_ahead = To == FetchTo::l1 ? 4 : 8;
    const auto key = reinterpret_cast<std::uintptr_t>(keys);
    for (std::int64_t x = s * stride; x < (s + step) * stride; x += line) {
      const auto ahead = static_cast<std::uintptr_t>(x + keys_ahead * stride) * sizeof(T);
      // NOLINTNEXTLINE(performance-no-int-to-ptr): may lie past the array, where no pointer may
      fetch_line<To>(reinterpret_cast<const char*>(key + ahead));
      fetch_line<To>(values + x);
    }
  }

  /// Scores of Keys keys for `step` rows, whose queries are q, to weights[row][key].
  template <int Keys>
  void score(const T* k, std::int64_t stride, const float* q, float* weights) {
    Lanes sum[16] = {};
    const std::int64_t whole = size_.head_dim / lane_count * lane_count;
    for (std::int64_t x = 0; x < twins_; x += pair) {
#pragma GCC unroll 4
      for (int i = 0; i < Keys; ++i) {
        const Twins key = load_twins(k + i * stride + x);
#pragma GCC unroll 4
        for (int j = 0; j < step; ++j) {
          sum[4 * i + j] += key.first * load_lanes(q + j * width_ + x);
          sum[4 * i + j] += key.second * load_lanes(q + j * width_ + x + lane_count);
        }
      }
    }
    if (twins_ < whole) {
      for (int i = 0; i < Keys; ++i) {
        const Lanes key = load_lanes(k + i * stride + twins_);
        for (int j = 0; j < step; ++j) sum[4 * i + j] += key * load_lanes(q + j * width_ + twins_);
      }
    }
    float each[16];
    if constexpr (lane_count == 16 && Keys == step) {
      store_lanes(each, sums_of_all(sum));
    } else {
      for (int i = 0; i < 4 * Keys; ++i) each[i] = sum_lanes(sum[i]);
    }
    for (int i = 0; i < Keys; ++i) {
      for (int j = 0; j < step; ++j) {
        float score = each[4 * i + j];
        for (std::int64_t x = whole; x < size_.head_dim; ++x) {
          score += to_float(k[i * stride + x]) * q[j * width_ + x];
        }
        weights[j * block_keys + i] = score;
      }
    }
  }

  /// A row's scores [from, to) become weights, all others 0. Returns the factor for older sums.
  float soften(float* row, std::int64_t from, std::int64_t to, float& largest, float& total) {
    const float nothing = -std::numeric_limits<float>::infinity();
    for (std::int64_t s = 0; s < std::min(from, block_keys); ++s) row[s] = nothing;
    for (std::int64_t s = std::max<std::int64_t>(to, 0); s < block_keys; ++s) row[s] = nothing;
    Lanes most = load_lanes(row);
    for (std::int64_t s = lane_count; s < block_keys; s += lane_count) {
      most = larger(load_lanes(row + s), most);
    }
    float top = largest;
    for (int i = 0; i < lane_count; ++i) top = most[i] > top ? most[i] : top;
    const Lanes base = all_lanes(top == nothing ? 0.0F : top);
    Lanes sum = {};
    for (std::int64_t s = 0; s < block_keys; s += lane_count) {
      const Lanes weight = power_of_two(load_lanes(row + s) - base);
      store_lanes(row + s, weight);
      sum += weight;
    }
    const float shrink = power_of_two(all_lanes(largest) - base)[0];
    total = total * shrink + sum_lanes(sum);
    largest = top;
    return shrink;
  }

  // `step` rows (their weights exist even where the row does not) by half a head at a time.
  void mix(const T* v, std::int64_t keys, const float* w, std::int64_t rows, float* mixed) const {
    constexpr int columns = 4;
    const std::int64_t d = size_.head_dim, stride = size_.kv_heads * d;
    std::int64_t x = 0;
    for (; x + columns * lane_count <= d; x += columns * lane_count) {
      mix_columns<columns>(v + x, stride, keys, w, rows, mixed + x);
    }
    for (; x + pair <= d; x += pair) mix_columns<2>(v + x, stride, keys, w, rows, mixed + x);
    for (; x + lane_count <= d; x += lane_count) {
      mix_columns<1>(v + x, stride, keys, w, rows, mixed + x);
    }
    for (; x < d; ++x) {
      for (std::int64_t i = 0; i < rows; ++i) {
        float sum = 0;
        for (std::int64_t s = 0; s < keys; ++s) {
          sum += w[i * block_keys + s] * to_float(v[s * stride + x]);
        }
        mixed[i * d + x] += sum;
      }
    }
  }
  /// Columns registers of values, in twins where they are even.
  template <int Columns>
  void mix_columns(const T* v, std::int64_t stride, std::int64_t keys, const float* w,
                   std::int64_t rows, float* mixed) const {
    Lanes sum[step][Columns] = {};
    for (std::int64_t s = 0; s < keys; ++s) {
      Lanes value[Columns];
      if constexpr (Columns == 1) {
        value[0] = load_lanes(v + s * stride);
      } else {
#pragma GCC unroll 2
        for (int c = 0; c < Columns; c += 2) {
          const Twins both = load_twins(v + s * stride + c * lane_count);
          value[c] = both.first;
          value[c + 1] = both.second;
        }
      }
#pragma GCC unroll 4
      for (int c = 0; c < Columns; ++c) {
#pragma GCC unroll 4
        for (int i = 0; i < step; ++i) sum[i][c] += value[c] * w[i * block_keys + s];
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < step; ++i) {
      if (i >= rows) break;
      float added[Columns * lane_count];
      if constexpr (Columns == 1) {
        store_lanes(added, sum[i][0]);
      } else {
        for (int c = 0; c < Columns; c += 2) {
          store_twins<T>(added + c * lane_count, {sum[i][c], sum[i][c + 1]});
        }
      }
      float* to = mixed + i * size_.head_dim;
      for (int c = 0; c < Columns * lane_count; c += lane_count) {
        store_lanes(to + c, load_lanes(to + c) + load_lanes(added + c));
      }
    }
  }

  AttentionSizes size_;
  std::int64_t rows_, width_;             // in whole register blocks, in whole vectors
  std::int64_t twins_;                    // components that are taken by load_twins()
  std::vector<float> queries_, weights_;  // [kv head][row] [component], [key of the block]
  float factor_;                          // log2 e / sqrt(d): scores are exponents of 2
};

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
