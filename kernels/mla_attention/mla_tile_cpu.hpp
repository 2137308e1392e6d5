// Latent attention on a CPU: query rows (tokens and the heads that share a key) lie along the
// lanes, so keys and values are broadcast as they are stored and softmax needs no sum across lanes.
// With 16 heads one token of a decode already fills a vector of 16 lanes, so one form serves both.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "harness/executors/kokkos/lane_powers.hpp"
#include "kernels/mla_attention/mla_layout.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// Rows of one task in vectors, and keys or components of a register block: one vector against a
/// deep block, or several against a shallower one. Both leave room for the operands.
template <bool Wide>
struct MlaShape {
  static constexpr int vectors = Wide ? (lane_count == 16 ? 3 : 2) : 1;
  static constexpr int deep = lane_count == 16 ? (Wide ? 8 : 16) : (Wide ? 4 : 8);
};

/// One task: tile_rows query rows of one key head against a run of keys. Owns its working memory.
template <class T, bool Wide>
class MlaTile {
 public:
  static constexpr int vectors = MlaShape<Wide>::vectors, deep = MlaShape<Wide>::deep;
  static constexpr std::int64_t tile_rows = vectors * lane_count;
  static constexpr std::int64_t block_keys = 32;
  /// Between rows of the working copies: a constant, so that a block's rows are reached without
  /// arithmetic; an odd number of cache lines, so that they do not share sets.
  static constexpr std::int64_t stride = 81 * 16;

  MlaTile(const MlaLayout& at, std::int64_t scored)
      : at_(at),
        queries_(row_vectors(at.width())),
        mixed_(row_vectors(whole(at.values))),
        weights_(row_vectors(block_keys)),
        keys_(static_cast<std::size_t>(block_keys * stride)),
        values_(static_cast<std::size_t>(at.latent ? 0 : block_keys * stride)),
        factor_(static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(scored)))) {}

  /// Where the task reads: own parts and values lie in `own`, rotated parts in `cache`.
  struct Source {
    const T* q;
    const T* cache;
    const T* own;
  };
  /// Rows [row, row + count) of key head j of a sequence with valid rows up to valid_end, against
  /// keys [begin, end).
  struct Task {
    std::int64_t b, j, row, count, valid_end, begin, end;
  };

  void run(const Source& from, const Task& t) {
    load_queries(from.q, t);
    for (std::int64_t s = t.begin; s < t.end; s += block_keys) {
      const std::int64_t keys = std::min(block_keys, t.end - s);
      const std::int64_t padded = (keys + deep - 1) / deep * deep;
      load_block(from, t, s, keys, padded);
      scores(padded);
      soften(s, t.end, padded);
      mix(padded);
    }
  }

  /// Row r's results: largest exponent of 2, sum of weights, component x (not divided).
  float largest(std::int64_t r) const { return largest_[r / lane_count][r % lane_count]; }
  float total(std::int64_t r) const { return total_[r / lane_count][r % lane_count]; }
  float mixed(std::int64_t r, std::int64_t x) const {
    return mixed_[static_cast<std::size_t>(x * vectors + r / lane_count)][r % lane_count];
  }

 private:
  using Ints [[gnu::vector_size(4 * lane_count)]] = std::int32_t;

  static std::int64_t whole(std::int64_t n) { return (n + 15) / 16 * 16; }  // blocks, vectors
  static std::size_t row_vectors(std::int64_t n) { return static_cast<std::size_t>(n * vectors); }

  void load_queries(const T* q, const Task& t) {
    const std::int64_t width = at_.width();
    earliest_end_ = t.count == tile_rows ? at_.end_of(t.row / at_.group, t.valid_end) : 0;
    for (std::int64_t r = 0; r < tile_rows; ++r) {
      const bool real = r < t.count;
      const std::int64_t token = (t.row + r) / at_.group;
      const int v = static_cast<int>(r / lane_count), lane = static_cast<int>(r % lane_count);
      const std::int64_t head = t.j * at_.group + (t.row + r) % at_.group;
      const T* from = real ? q + at_.query(t.b, token, head) * width : q;
      for (std::int64_t x = 0; x < width; ++x) {
        queries_[static_cast<std::size_t>(x * vectors + v)][lane] =
            real ? to_float(from[x]) * factor_ : 0.0F;
      }
      end_[v][lane] = real ? static_cast<std::int32_t>(at_.end_of(token, t.valid_end)) : 0;
    }
    std::fill(mixed_.begin(), mixed_.end(), Lanes{});
    for (int v = 0; v < vectors; ++v) {
      largest_[v] = all_lanes(-std::numeric_limits<float>::infinity());
      total_[v] = Lanes{};
    }
  }

  // Keys and values as f32 rows; those beyond the run, and components beyond the row, are 0.
  void load_block(const Source& from, const Task& t, std::int64_t s0, std::int64_t keys,
                  std::int64_t padded) {
    for (std::int64_t i = 0; i < padded; ++i) {
      float* key = &keys_[static_cast<std::size_t>(i * stride)];
      float* value = at_.latent ? nullptr : &values_[static_cast<std::size_t>(i * stride)];
      if (i >= keys) {  // components beyond a row are never stored
        std::fill(key, key + at_.width(), 0.0F);
        if (value != nullptr) std::fill(value, value + at_.values, 0.0F);
        continue;
      }
      const std::int64_t s = s0 + i;
      copy(from.own + at_.key_at(t.b, s, t.j), at_.own, key);
      copy(from.cache + at_.cache_at(t.b, s) + at_.rank, at_.rope, key + at_.own);
      if (value != nullptr) copy(from.own + at_.value_at(t.b, s, t.j), at_.values, value);
    }
  }
  static void copy(const T* from, std::int64_t count, float* to) {
    std::int64_t x = 0;
    for (; x + lane_count <= count; x += lane_count) store_lanes(to + x, load_lanes(from + x));
    for (; x < count; ++x) to[x] = to_float(from[x]);
  }

  void scores(std::int64_t keys) {
    for (std::int64_t s = 0; s < keys; s += deep) {
      const float* k = &keys_[static_cast<std::size_t>(s * stride)];
      Lanes sum[deep][vectors] = {};
      for (std::int64_t x = 0; x < at_.width(); ++x) {
        const Lanes* a = &queries_[static_cast<std::size_t>(x * vectors)];
#pragma GCC unroll 16
        for (int i = 0; i < deep; ++i) {
          const float b = k[i * stride + x];
#pragma GCC unroll 3
          for (int v = 0; v < vectors; ++v) sum[i][v] += a[v] * b;
        }
      }
#pragma GCC unroll 16
      for (int i = 0; i < deep; ++i) {
#pragma GCC unroll 3
        for (int v = 0; v < vectors; ++v) {
          weights_[static_cast<std::size_t>((s + i) * vectors + v)] = sum[i][v];
        }
      }
    }
  }

  // Scores become weights under the running maximum; shrink_ rescales what older blocks summed.
  void soften(std::int64_t s0, std::int64_t stop, std::int64_t keys) {
    const Lanes nothing = all_lanes(-std::numeric_limits<float>::infinity());
    const bool masked = s0 + keys > std::min(earliest_end_, stop);
    for (int v = 0; v < vectors; ++v) {
      Lanes most = largest_[v];
      if (masked) {
        Ints place = Ints{} + static_cast<std::int32_t>(s0);
        const Ints last = Ints{} + static_cast<std::int32_t>(stop);
        for (std::int64_t s = 0; s < keys; ++s) {
          Lanes& score = weights_[static_cast<std::size_t>(s * vectors + v)];
          score = ((place < end_[v]) & (place < last)) ? score : nothing;
          place += 1;
        }
      }
      for (std::int64_t s = 0; s < keys; ++s) {
        most = larger(weights_[static_cast<std::size_t>(s * vectors + v)], most);
      }
      const Lanes base = most == nothing ? Lanes{} : most;  // nothing visible yet: weights are 0
      Lanes sum[2] = {};
      for (std::int64_t s = 0; s < keys; s += 2) {  // keys is even
        for (int i = 0; i < 2; ++i) {
          Lanes& weight = weights_[static_cast<std::size_t>((s + i) * vectors + v)];
          weight = power_of_two(weight - base);
          sum[i] += weight;
        }
      }
      shrink_[v] = power_of_two(largest_[v] - base);
      total_[v] = total_[v] * shrink_[v] + (sum[0] + sum[1]);
      largest_[v] = most;
    }
  }

  void mix(std::int64_t keys) {
    const float* values = at_.latent ? keys_.data() : values_.data();
    for (std::int64_t x = 0; x < at_.values; x += deep) {
      Lanes sum[deep][vectors];
      Lanes* to = &mixed_[static_cast<std::size_t>(x * vectors)];
#pragma GCC unroll 16
      for (int i = 0; i < deep; ++i) {
#pragma GCC unroll 3
        for (int v = 0; v < vectors; ++v) sum[i][v] = to[i * vectors + v] * shrink_[v];
      }
      for (std::int64_t s = 0; s < keys; ++s) {
        const Lanes* a = &weights_[static_cast<std::size_t>(s * vectors)];
        const float* b = values + s * stride + x;
#pragma GCC unroll 16
        for (int i = 0; i < deep; ++i) {
#pragma GCC unroll 3
          for (int v = 0; v < vectors; ++v) sum[i][v] += a[v] * b[i];
        }
      }
#pragma GCC unroll 16
      for (int i = 0; i < deep; ++i) {
#pragma GCC unroll 3
        for (int v = 0; v < vectors; ++v) to[i * vectors + v] = sum[i][v];
      }
    }
  }

  MlaLayout at_;
  std::vector<Lanes> queries_, mixed_, weights_;  // [component or key][row vector]
  std::vector<float> keys_, values_;
  float factor_;  // log2 e / sqrt(nope + rope): scores are exponents of 2
  std::int64_t earliest_end_ = 0;
  Ints end_[vectors] = {};
  Lanes largest_[vectors] = {}, total_[vectors] = {}, shrink_[vectors] = {};
};

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
