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
#include "kernels/cca_attention/attention_tile.hpp"
#include "kernels/cca_attention/running_softmax_cpu.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// One task: all rows against the keys of one split, block after block. A block's keys are scored
/// key after key, for all kv heads of each, so that memory is read from end to end, as hardware
/// fetching likes it; then its values are mixed. Scoring fetches a line of values, and mixing one
/// of the next block's keys, for each that it reads, so that memory is busy while lanes are. Owns
/// its working memory.
template <class T, FetchTo To>
class DecodeSplit {
 public:
  static constexpr std::int64_t block_keys = 64;
  static constexpr int step = 4;  // keys, and rows, of a register block
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
      score_block(k + at, keys, {bytes_to(v, k), s0 == begin_key ? keys_ahead * key_bytes() : 0});
      for (std::int64_t j = 0; j < size_.kv_heads; ++j) {
        const std::int64_t row = j * rows;
        mix_block(v + at + j * d, bytes_to(k, v) + block_keys * key_bytes(), j, s0, keys, first,
                  end, {results.largest + row, results.total + row, results.mixed + row * d});
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

  /// Ways in bytes from what is read to what is fetched: the values of the same keys, and keys
  /// ahead. No way where nothing is.
  struct Fetched {
    std::uintptr_t values = 0, keys = 0;
  };
  static constexpr std::uintptr_t keys_ahead = 8;  // in the first block, which nobody has fetched

  std::uintptr_t key_bytes() const {
    return static_cast<std::uintptr_t>(size_.kv_heads * size_.head_dim) * sizeof(T);
  }
  static std::uintptr_t bytes_to(const T* to, const T* from) {
    return reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from);
  }
  /// The lines that are as far from those of a load_twins() at `from`.
  [[gnu::always_inline]] void fetch(const T* from, std::uintptr_t way) const {
    if (way == 0) return;
    for (std::uintptr_t b = 0; b < pair * sizeof(T); b += 64) fetch_line<To>(from, way + b);
  }

  /// The scores of one block of keys, for the rows of all kv heads.
  void score_block(const T* k, std::int64_t keys, const Fetched& fetched) {
    const std::int64_t d = size_.head_dim, stride = size_.kv_heads * d;
    const auto score_keys = [&](auto count, std::int64_t s) {
      for (std::int64_t j = 0; j < size_.kv_heads; ++j) {
        for (std::int64_t r = 0; r < rows_; r += step) {
          score<count()>(k + s * stride + j * d, stride,
                         &queries_[static_cast<std::size_t>((j * rows_ + r) * width_)],
                         weights_of(j, r) + s, r == 0 ? fetched : Fetched{});
        }
      }
    };
    std::int64_t s = 0;
    for (; s + step <= keys; s += step) score_keys(std::integral_constant<int, step>{}, s);
    for (; s < keys; ++s) score_keys(std::integral_constant<int, 1>{}, s);
  }

  /// The values of one block of keys of kv head j, whose rows' results are `of`.
  /// `next`: the way from a value to the key that is fetched meanwhile.
  void mix_block(const T* v, std::uintptr_t next, std::int64_t j, std::int64_t s0,
                 std::int64_t keys, std::int64_t first, std::int64_t end, const Results& of) {
    const std::int64_t rows = size_.tokens * size_.group, d = size_.head_dim;
    for (std::int64_t r = 0; r < rows; r += step) {
      const std::int64_t there = std::min<std::int64_t>(step, rows - r);
      for (std::int64_t i = r; i < r + there; ++i) {
        const std::int64_t token = i / size_.group;
        hide(weights_of(j, i), size_.begin_of(token, first, end) - s0,
             std::min(keys, size_.end_of(token, end) - s0));
      }
      float shrink[step];
      soften<step, block_keys>(weights_of(j, r), {of.largest + r, of.total + r, there}, shrink);
      mix(v, r == 0 ? next : 0, keys, weights_of(j, r), {of.mixed + r * d, shrink, there});
    }
  }

  /// A row sees the block's keys [from, to) alone.
  static void hide(float* scores, std::int64_t from, std::int64_t to) {
    constexpr float nothing = -std::numeric_limits<float>::infinity();
    for (std::int64_t s = 0; s < std::min(from, block_keys); ++s) scores[s] = nothing;
    for (std::int64_t s = std::max<std::int64_t>(to, 0); s < block_keys; ++s) scores[s] = nothing;
  }

  float* weights_of(std::int64_t j, std::int64_t r) {
    return &weights_[static_cast<std::size_t>((j * rows_ + r) * block_keys)];
  }

  std::size_t cells(std::int64_t columns) const {
    return static_cast<std::size_t>(rows_ * columns);
  }

  /// Scores of Keys keys for `step` rows, whose queries are q, to weights[row][key].
  template <int Keys>
  void score(const T* k, std::int64_t stride, const float* q, float* weights,
             const Fetched& fetched) {
    Lanes sum[16];
#pragma GCC unroll 16
    for (Lanes& of_pair : sum) of_pair = Lanes{};  // = {} would clear them by a call, in memory
    const std::int64_t whole = size_.head_dim / lane_count * lane_count;
    for (std::int64_t x = 0; x < twins_; x += pair) {
#pragma GCC unroll 4
      for (int i = 0; i < Keys; ++i) {
        fetch(k + i * stride + x, fetched.values);
        fetch(k + i * stride + x, fetched.keys);
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

  /// Sums of up to `step` rows, [rows][d], and the factors of what they hold.
  struct Mixed {
    float* sums;
    const float* shrink;
    std::int64_t rows;
  };
  // `step` rows (their weights exist even where the row does not) by half a head at a time.
  void mix(const T* v, std::uintptr_t next, std::int64_t keys, const float* w,
           const Mixed& mixed) const {
    constexpr int columns = 4;
    const std::int64_t d = size_.head_dim, stride = size_.kv_heads * d;
    std::int64_t x = 0;
    for (; x + columns * lane_count <= d; x += columns * lane_count) {
      mix_columns<columns>(v, next, stride, keys, w, mixed, x);
    }
    for (; x + pair <= d; x += pair) mix_columns<2>(v, next, stride, keys, w, mixed, x);
    for (; x + lane_count <= d; x += lane_count) {
      mix_columns<1>(v, next, stride, keys, w, mixed, x);
    }
    for (; x < d; ++x) {
      for (std::int64_t i = 0; i < mixed.rows; ++i) {
        float sum = mixed.sums[i * d + x] * mixed.shrink[i];
        for (std::int64_t s = 0; s < keys; ++s) {
          sum += w[i * block_keys + s] * to_float(v[s * stride + x]);
        }
        mixed.sums[i * d + x] = sum;
      }
    }
  }
  /// Columns registers of values from component x on, in twins where they are even.
  template <int Columns>
  void mix_columns(const T* v, std::uintptr_t next, std::int64_t stride, std::int64_t keys,
                   const float* w, const Mixed& mixed, std::int64_t x) const {
    Lanes sum[step][Columns] = {};
    for (std::int64_t s = 0; s < keys; ++s) {
      Lanes value[Columns];
      if constexpr (Columns == 1) {
        value[0] = load_lanes(v + s * stride + x);
      } else {
#pragma GCC unroll 2
        for (int c = 0; c < Columns; c += 2) {
          fetch(v + s * stride + x + c * lane_count, next);
          const Twins both = load_twins(v + s * stride + x + c * lane_count);
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
      if (i >= mixed.rows) break;
      float added[Columns * lane_count];
      if constexpr (Columns == 1) {
        store_lanes(added, sum[i][0]);
      } else {
        for (int c = 0; c < Columns; c += 2) {
          store_twins<T>(added + c * lane_count, {sum[i][c], sum[i][c + 1]});
        }
      }
      float* to = mixed.sums + i * size_.head_dim + x;
      for (int c = 0; c < Columns * lane_count; c += lane_count) {
        store_lanes(to + c, load_lanes(to + c) * mixed.shrink[i] + load_lanes(added + c));
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
