#include "harness/model/sequence_store.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "harness/core/error.hpp"
#include "harness/core/fill.hpp"
#include "harness/core/random.hpp"
#include "harness/model/bytes.hpp"

namespace kernelgate::model {
std::int64_t visible_window(const reference::ModelConfig& c, std::int64_t block) {
  const std::int64_t window = c.blocks[size(block)].window;
  if (window == 0) return 0;
  return c.window_rule == reference::WindowRule::counts_current ? window : window + 1;
}

SequenceStore::SequenceStore(const reference::ModelConfig& c, Dtype type, std::int64_t slots,
                             std::int64_t capacity)
    : type_(type),
      capacity_(capacity),
      channels_(c.channels()),
      lag_width_(c.lag_width()),
      row_bytes_(c.kv_size() * size_bytes(type)),
      lengths_(size(slots)),
      layers_(c.blocks.size()),
      undo_(size(slots)) {
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    LayerStore& l = layers_[i];
    l.window = visible_window(c, static_cast<std::int64_t>(i));
    if (l.window >= capacity) l.window = 0;
    l.rows = l.window == 0 ? capacity : l.window;
    rows += l.rows;
  }
  const std::int64_t guard = 2 * (2 * channels_ + lag_width_);
  const std::int64_t floats = layers() * slots * (2 * channels_ + lag_width_) + guard;
  kv_ = PageMemory(2 * rows * slots * row_bytes_, "KV cache");
  fixed_ = PageMemory(4 * floats, "convolution state");
  std::byte* at = kv_.data();
  auto* conv = reinterpret_cast<float*>(fixed_.data());
  float* lag = conv + (layers() * slots + 2) * 2 * channels_;
  for (LayerStore& l : layers_) {
    l.keys = at;
    l.values = at + l.rows * slots * row_bytes_;
    at = l.values + l.rows * slots * row_bytes_;
    l.conv = conv;
    l.lag = lag;
    conv += slots * 2 * channels_;
    lag += slots * lag_width_;
  }
}

float* SequenceStore::conv_of(std::int64_t i, std::int64_t slot) const {
  return layer(i).conv + slot * 2 * channels_;
}
float* SequenceStore::lag_of(std::int64_t i, std::int64_t slot) const {
  return layer(i).lag + slot * lag_width_;
}
std::byte* SequenceStore::row_of(std::byte* base, const LayerStore& l, std::int64_t slot,
                                 std::int64_t t) const {
  return base + (slot * l.rows + (l.window == 0 ? t : t % l.rows)) * row_bytes_;
}

std::int64_t SequenceStore::kv_bytes(std::int64_t length) const {
  std::int64_t rows = 0;
  for (const LayerStore& l : layers_) rows += std::min(length, l.rows);
  return 2 * rows * row_bytes_;
}

StoreBytes SequenceStore::bytes() const {
  StoreBytes b;
  b.kv_reserved = kv_.bytes();
  b.kv_committed = kv_.committed();
  for (const std::int64_t length : lengths_) b.kv_used += kv_bytes(length);
  b.fixed = 4 * layers() * slots() * (2 * channels_ + lag_width_);
  return b;
}

void SequenceStore::reset(std::int64_t slot) {
  lengths_[size(slot)] = 0;
  undo_[size(slot)] = {};
  for (std::int64_t i = 0; i < layers(); ++i) {
    std::fill_n(conv_of(i, slot), conv_size(), 0.0F);
    std::fill_n(lag_of(i, slot), lag_size(), 0.0F);
  }
}

SequenceStore::Prefix SequenceStore::save(std::int64_t slot) const {
  Prefix p;
  p.length = length(slot);
  for (std::int64_t i = 0; i < layers(); ++i) {
    const LayerStore& l = layer(i);
    const std::int64_t bytes = std::min(p.length, l.rows) * row_bytes_;
    const std::byte* keys = l.keys + slot * l.rows * row_bytes_;
    const std::byte* values = l.values + slot * l.rows * row_bytes_;
    p.keys.emplace_back(keys, keys + bytes);
    p.values.emplace_back(values, values + bytes);
    p.conv.emplace_back(conv_of(i, slot), conv_of(i, slot) + conv_size());
    p.lag.emplace_back(lag_of(i, slot), lag_of(i, slot) + lag_size());
  }
  return p;
}

void SequenceStore::restore(std::int64_t slot, const Prefix& p) {
  if (p.length > capacity_ || static_cast<std::int64_t>(p.keys.size()) != layers()) {
    throw BadInput("prefix: expected at most " + std::to_string(capacity_) + " tokens of " +
                   std::to_string(layers()) + " layers, got " + std::to_string(p.length) +
                   " tokens of " + std::to_string(p.keys.size()));
  }
  reset(slot);
  lengths_[size(slot)] = p.length;
  for (std::int64_t i = 0; i < layers(); ++i) {
    const LayerStore& l = layer(i);
    const std::size_t at = size(i);
    std::copy(p.keys[at].begin(), p.keys[at].end(), l.keys + slot * l.rows * row_bytes_);
    std::copy(p.values[at].begin(), p.values[at].end(), l.values + slot * l.rows * row_bytes_);
    std::copy(p.conv[at].begin(), p.conv[at].end(), conv_of(i, slot));
    std::copy(p.lag[at].begin(), p.lag[at].end(), lag_of(i, slot));
  }
}

void SequenceStore::fill(std::int64_t slot, std::int64_t length, std::uint64_t seed) {
  reset(slot);
  lengths_[size(slot)] = length;
  const std::int64_t numbers = row_bytes_ / size_bytes(type_);
  for (std::int64_t i = 0; i < layers(); ++i) {
    const LayerStore& l = layer(i);
    const std::int64_t rows = std::min(length, l.rows);
    for (std::byte* base : {l.keys, l.values}) {
      const std::uint64_t key = mix64(seed ^ static_cast<std::uint64_t>(2 * i + (base == l.keys)));
      std::byte* to = base + slot * l.rows * row_bytes_;
#pragma omp parallel for schedule(static)
      for (std::int64_t r = 0; r < rows; ++r) {
        std::vector<double> row(size(numbers));
        for (std::int64_t x = 0; x < numbers; ++x) row[size(x)] = bell(key, r * numbers + x);
        encode(type_, row, to + r * row_bytes_);
      }
    }
    const std::uint64_t key = mix64(seed + static_cast<std::uint64_t>(i));
    for (std::int64_t x = 0; x < 2 * channels_; ++x) {
      conv_of(i, slot)[x] = static_cast<float>(bell(key, x));
    }
    for (std::int64_t x = 0; x < lag_width_; ++x) {
      lag_of(i, slot)[x] = static_cast<float>(bell(key, 2 * channels_ + x));
    }
  }
}

void SequenceStore::begin_chunk(std::int64_t slot, std::int64_t tokens, bool may_roll_back) {
  Undo& undo = undo_[size(slot)];
  undo = {};
  if (!may_roll_back) return;
  if (tokens > max_rollback) {
    throw BadInput("forward: expected a chunk of at most " + std::to_string(max_rollback) +
                   " tokens where it may be rolled back, got " + std::to_string(tokens));
  }
  undo.from = length(slot);
  undo.tokens = tokens;
  const std::size_t n = layers_.size();
  undo.u.resize(n);
  undo.lag.resize(n);
  for (auto* rows : {&undo.keys, &undo.values, &undo.new_keys, &undo.new_values}) rows->resize(n);
  for (std::int64_t i = 0; i < layers(); ++i) {
    std::vector<float>& u = undo.u[size(i)];
    const float* conv = conv_of(i, slot);  // [C, 2], older column first
    u.resize(conv_size());
    for (std::int64_t c = 0; c < channels_; ++c) {
      u[size(c)] = conv[2 * c];
      u[size(channels_ + c)] = conv[2 * c + 1];
    }
    undo.lag[size(i)].assign(lag_of(i, slot), lag_of(i, slot) + lag_size());
    const LayerStore& l = layer(i);
    if (l.window == 0) continue;
    for (std::int64_t t = undo.from; t < undo.from + tokens; ++t) {
      const auto keep = [&](std::byte* base, std::vector<std::byte>& to) {
        const std::byte* row = row_of(base, l, slot, t);
        to.insert(to.end(), row, row + row_bytes_);
      };
      keep(l.keys, undo.keys[size(i)]);
      keep(l.values, undo.values[size(i)]);
    }
  }
}

void SequenceStore::keep_rows(std::int64_t slot, std::int64_t i, std::span<const float> u,
                              std::span<const float> lag) {
  Undo& undo = undo_[size(slot)];
  if (undo.tokens == 0) return;
  undo.u[size(i)].insert(undo.u[size(i)].end(), u.begin(), u.end());
  undo.lag[size(i)].insert(undo.lag[size(i)].end(), lag.begin(), lag.end());
}

void SequenceStore::append(std::int64_t slot, std::int64_t i, const std::byte* keys,
                           const std::byte* values, std::int64_t tokens) {
  const LayerStore& l = layer(i);
  Undo& undo = undo_[size(slot)];
  if (undo.tokens > 0 && l.window > 0) {
    auto& new_keys = undo.new_keys[size(i)];
    new_keys.insert(new_keys.end(), keys, keys + tokens * row_bytes_);
    auto& new_values = undo.new_values[size(i)];
    new_values.insert(new_values.end(), values, values + tokens * row_bytes_);
  }
  // Of a chunk longer than the ring, only the end is stored.
  const std::int64_t first = l.window == 0 ? 0 : std::max<std::int64_t>(0, tokens - l.rows);
  for (std::int64_t t = first; t < tokens; ++t) {
    const std::int64_t at = length(slot) + t;
    std::memcpy(row_of(l.keys, l, slot, at), keys + t * row_bytes_, size(row_bytes_));
    std::memcpy(row_of(l.values, l, slot, at), values + t * row_bytes_, size(row_bytes_));
  }
}

void SequenceStore::end_chunk(std::int64_t slot, std::int64_t tokens) {
  lengths_[size(slot)] += tokens;
}

void SequenceStore::truncate(std::int64_t slot, std::int64_t to) {
  Undo& undo = undo_[size(slot)];
  const std::int64_t now = length(slot), least = undo.tokens == 0 ? now : undo.from;
  if (to < least || to > now) {
    throw BadInput("state: expected a length from " + std::to_string(least) + " to " +
                   std::to_string(now) +
                   " (a last chunk fed with may_roll_back can be rejected), "
                   "got " +
                   std::to_string(to));
  }
  if (to == now) return;
  const std::int64_t kept = to - undo.from;  // tokens of the chunk that are kept
  for (std::int64_t i = 0; i < layers(); ++i) {
    const float* u = undo.u[size(i)].data() + kept * channels_;
    float* conv = conv_of(i, slot);
    for (std::int64_t c = 0; c < channels_; ++c) {
      conv[2 * c] = u[c];
      conv[2 * c + 1] = u[channels_ + c];
    }
    std::copy_n(undo.lag[size(i)].data() + kept * lag_width_, lag_size(), lag_of(i, slot));
    const LayerStore& l = layer(i);
    if (l.window == 0) continue;
    const auto put = [&](const std::vector<std::byte>& rows, std::byte* base, std::int64_t t) {
      std::copy_n(rows.data() + t * row_bytes_, row_bytes_, row_of(base, l, slot, undo.from + t));
    };
    for (std::int64_t t = 0; t < undo.tokens; ++t) {
      put(undo.keys[size(i)], l.keys, t);
      put(undo.values[size(i)], l.values, t);
    }
    for (std::int64_t t = 0; t < kept; ++t) {
      put(undo.new_keys[size(i)], l.keys, t);
      put(undo.new_values[size(i)], l.values, t);
    }
  }
  lengths_[size(slot)] = to;
  undo.tokens = kept;
  for (std::int64_t i = 0; i < layers(); ++i) {
    undo.u[size(i)].resize(size((2 + kept) * channels_));
    undo.lag[size(i)].resize(size((1 + kept) * lag_width_));
  }
}

}  // namespace kernelgate::model
