// Many query rows against a long run of keys on a CPU: rows lie along the lanes, so K and V are
// broadcast as they are stored, softmax needs no sum across lanes, and both products are the same
// register block. The heads of a group are rows like the tokens are: they share every key.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "harness/executors/kokkos/lane_powers.hpp"
#include "kernels/cca_attention/attention_tile.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// One task: tile_rows query rows of one kv head of one sequence. Owns its working memory.
template <class T>
class PrefillTile {
 public:
  static constexpr int vectors = lane_count == 16 ? 3 : 2;  // of query rows
  static constexpr int deep = lane_count == 16 ? 8 : 4;     // keys or components a register block
  static constexpr std::int64_t tile_rows = vectors * lane_count;
  static constexpr std::int64_t block_keys = 64;

  explicit PrefillTile(const AttentionSizes& size)
      : size_(size),
        width_((size.head_dim + deep - 1) / deep * deep),
        queries_(row_vectors(size.head_dim)),
        mixed_(row_vectors(width_)),
        weights_(row_vectors(block_keys)),
        keys_(block_keys * width_),
        values_(block_keys * width_),
        factor_(static_cast<float>(1.4426950408889634 /
                                   std::sqrt(static_cast<double>(size.head_dim)))) {}

  /// Rows [row, row + tile_rows) of kv head j, as many as there are.
  void run(const T* q, const T* k, const T* v, T* out, std::int64_t b, std::int64_t j,
           std::int64_t row, std::int64_t first, std::int64_t end) {
    const std::int64_t count = std::min(tile_rows, size_.tokens * size_.group - row);
    load_queries(q, b, j, row, count, first, end);
    const std::int64_t last_token = (row + count - 1) / size_.group;
    const std::int64_t stop = size_.end_of(last_token, end);
    for (std::int64_t s = size_.begin_of(row / size_.group, first, end); s < stop;
         s += block_keys) {
      const std::int64_t keys = std::min(block_keys, stop - s);
      const Block block = block_at(k, v, b, j, s, keys);
      scores(block);
      soften(s, block.keys);
      mix(block);
    }
    store(out, b, j, row, count);
  }

 private:
  /// K and V of up to block_keys keys as f32 rows; `keys` is a whole number of register blocks.
  struct Block {
    const float* k;
    const float* v;
    std::int64_t stride, keys;
  };
  using Ints [[gnu::vector_size(4 * lane_count)]] = std::int32_t;
  /// The tile's rows as vectors.
  using Rows = Lanes[vectors];

  static std::size_t row_vectors(std::int64_t n) { return static_cast<std::size_t>(n * vectors); }

  void load_queries(const T* q, std::int64_t b, std::int64_t j, std::int64_t row,
                    std::int64_t count, std::int64_t first, std::int64_t end) {
    for (std::int64_t r = 0; r < tile_rows; ++r) {
      const bool real = r < count;
      const std::int64_t token = (row + r) / size_.group;
      const int at = static_cast<int>(r / lane_count), lane = static_cast<int>(r % lane_count);
      const T* from =
          real ? q + size_.query_at(b, token, j * size_.group + (row + r) % size_.group) : q;
      for (std::int64_t x = 0; x < size_.head_dim; ++x) {
        queries_[x * vectors + at][lane] = real ? to_float(from[x]) * factor_ : 0.0F;
      }
      begin_[at][lane] = real ? static_cast<std::int32_t>(size_.begin_of(token, first, end)) : 0;
      end_[at][lane] = real ? static_cast<std::int32_t>(size_.end_of(token, end)) : 0;
    }
    latest_begin_ = size_.begin_of((row + count - 1) / size_.group, first, end);
    earliest_end_ = count == tile_rows ? size_.end_of(row / size_.group, end) : 0;
    std::fill(mixed_.begin(), mixed_.end(), Lanes{});
    for (int r = 0; r < vectors; ++r) {
      largest_[r] = all_lanes(-std::numeric_limits<float>::infinity());
      total_[r] = Lanes{};
    }
  }

  // f32 caches are read in place; others, and the last block, through a copy padded with zeros.
  Block block_at(const T* k, const T* v, std::int64_t b, std::int64_t j, std::int64_t s,
                 std::int64_t keys) {
    const std::int64_t at = size_.key_at(b, s, j), stride = size_.kv_heads * size_.head_dim;
    if constexpr (std::is_same_v<T, float>) {
      if (keys % deep == 0 && size_.head_dim == width_) return {k + at, v + at, stride, keys};
    }
    const std::int64_t padded = (keys + deep - 1) / deep * deep;
    for (std::int64_t i = 0; i < padded; ++i) {
      copy_row(k + at + i * stride, i < keys, &keys_[static_cast<std::size_t>(i * width_)]);
      copy_row(v + at + i * stride, i < keys, &values_[static_cast<std::size_t>(i * width_)]);
    }
    return {keys_.data(), values_.data(), width_, padded};
  }
  void copy_row(const T* from, bool real, float* to) const {
    std::int64_t x = 0;
    if (real) {
      for (; x + lane_count <= size_.head_dim; x += lane_count) {
        store_lanes(to + x, load_lanes(from + x));
      }
      for (; x < size_.head_dim; ++x) to[x] = to_float(from[x]);
    }
    for (; x < width_; ++x) to[x] = 0;
  }

  void scores(const Block& block) {
    for (std::int64_t s = 0; s < block.keys; s += deep) {
      const float* k = block.k + s * block.stride;
      Lanes sum[deep][vectors] = {};
      for (std::int64_t x = 0; x < size_.head_dim; ++x) {
        const Lanes* a = &queries_[static_cast<std::size_t>(x * vectors)];
#pragma GCC unroll 8
        for (int i = 0; i < deep; ++i) {
          const float b = k[i * block.stride + x];
#pragma GCC unroll 3
          for (int r = 0; r < vectors; ++r) sum[i][r] += a[r] * b;
        }
      }
#pragma GCC unroll 8
      for (int i = 0; i < deep; ++i) {
#pragma GCC unroll 3
        for (int r = 0; r < vectors; ++r) weights_[(s + i) * vectors + r] = sum[i][r];
      }
    }
  }

  // Scores become weights under the running maximum; shrink_ rescales what older blocks summed.
  void soften(std::int64_t s0, std::int64_t keys) {
    const Lanes nothing = all_lanes(-std::numeric_limits<float>::infinity());
    const bool masked = s0 < latest_begin_ || s0 + keys > earliest_end_;
    for (int r = 0; r < vectors; ++r) {
      Lanes most = largest_[r];
      if (masked) {
        Ints at = Ints{} + static_cast<std::int32_t>(s0);
        for (std::int64_t s = 0; s < keys; ++s) {
          Lanes& score = weights_[s * vectors + r];
          score = ((at >= begin_[r]) & (at < end_[r])) ? score : nothing;
          at += 1;
        }
      }
      for (std::int64_t s = 0; s < keys; ++s) most = larger(weights_[s * vectors + r], most);
      const Lanes base = most == nothing ? Lanes{} : most;  // nothing visible yet: weights are 0
      Lanes sum[2] = {};
      for (std::int64_t s = 0; s < keys; s += 2) {  // keys is even
        for (int i = 0; i < 2; ++i) {
          Lanes& weight = weights_[(s + i) * vectors + r];
          weight = power_of_two(weight - base);
          sum[i] += weight;
        }
      }
      shrink_[r] = power_of_two(largest_[r] - base);
      total_[r] = total_[r] * shrink_[r] + (sum[0] + sum[1]);
      largest_[r] = most;
    }
  }

  void mix(const Block& block) {
    for (std::int64_t x = 0; x < width_; x += deep) {
      Lanes sum[deep][vectors];
#pragma GCC unroll 8
      for (int i = 0; i < deep; ++i) {
#pragma GCC unroll 3
        for (int r = 0; r < vectors; ++r) sum[i][r] = mixed_[(x + i) * vectors + r] * shrink_[r];
      }
      for (std::int64_t s = 0; s < block.keys; ++s) {
        const Lanes* a = &weights_[static_cast<std::size_t>(s * vectors)];
        const float* v = block.v + s * block.stride + x;
#pragma GCC unroll 8
        for (int i = 0; i < deep; ++i) {
#pragma GCC unroll 3
          for (int r = 0; r < vectors; ++r) sum[i][r] += a[r] * v[i];
        }
      }
#pragma GCC unroll 8
      for (int i = 0; i < deep; ++i) {
#pragma GCC unroll 3
        for (int r = 0; r < vectors; ++r) mixed_[(x + i) * vectors + r] = sum[i][r];
      }
    }
  }

  void store(T* out, std::int64_t b, std::int64_t j, std::int64_t row, std::int64_t count) const {
    for (std::int64_t r = 0; r < count; ++r) {
      const int at = static_cast<int>(r / lane_count), lane = static_cast<int>(r % lane_count);
      const float total = total_[at][lane];
      const float inverse = total == 0 ? 0.0F : 1 / total;  // no visible key: zeros
      T* to = out +
              size_.query_at(b, (row + r) / size_.group, j * size_.group + (row + r) % size_.group);
      for (std::int64_t x = 0; x < size_.head_dim; ++x) {
        to[x] = from_float<T>(mixed_[x * vectors + at][lane] * inverse);
      }
    }
  }

  AttentionSizes size_;
  std::int64_t width_;                            // head_dim in whole register blocks
  std::vector<Lanes> queries_, mixed_, weights_;  // [component or key][row vector]
  std::vector<float> keys_, values_;
  float factor_;  // log2 e / sqrt(d): scores are exponents of 2
  std::int64_t latest_begin_ = 0, earliest_end_ = 0;
  Ints begin_[vectors] = {}, end_[vectors] = {};
  Lanes largest_[vectors] = {}, total_[vectors] = {}, shrink_[vectors] = {};
};

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
