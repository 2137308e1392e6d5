// The state that a batch of sequences carries between forward passes of the kernels: keys and
// values, the last two columns of the convolutions, the delayed value. One slot per sequence.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/dtype.hpp"
#include "harness/model/page_memory.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

/// Bytes of the state. `used` follows the closed form of spec 3.8.
struct StoreBytes {
  std::int64_t kv_reserved = 0;   // address space for every slot at its capacity
  std::int64_t kv_committed = 0;  // its pages that were written to
  std::int64_t kv_used = 0;       // sum over slots and layers of min(length, window) rows
  std::int64_t fixed = 0;         // convolution and lag state of every slot, f32
};

/// One layer's part of every slot. Keys and values [slots, rows, kv_heads, head_dim] in the storage
/// type; conv f32 [slots, C, 2], older column first; lag f32 [slots, kv_heads head_dim / 2]. conv
/// and lag are followed by two slots' worth of unused bytes.
struct LayerStore {
  std::byte *keys = nullptr, *values = nullptr;
  float *conv = nullptr, *lag = nullptr;
  std::int64_t rows = 0;    // per slot: its capacity, or the window if that is smaller
  std::int64_t window = 0;  // keys that a token sees, its own included; 0: all. Otherwise row r of
                            // a slot holds the latest token t with t % rows == r
};

class SequenceStore {
 public:
  /// Longest chunk that truncate() can take back.
  static constexpr std::int64_t max_rollback = 64;

  /// Sequences of at most `capacity` tokens. Throws BadInput if the address space is too small.
  SequenceStore(const reference::ModelConfig& config, Dtype type, std::int64_t slots,
                std::int64_t capacity);

  std::int64_t slots() const { return static_cast<std::int64_t>(lengths_.size()); }
  std::int64_t capacity() const { return capacity_; }
  std::int64_t layers() const { return static_cast<std::int64_t>(layers_.size()); }
  const LayerStore& layer(std::int64_t i) const { return layers_[static_cast<std::size_t>(i)]; }
  std::int64_t length(std::int64_t slot) const { return lengths_[static_cast<std::size_t>(slot)]; }
  std::int64_t row_bytes() const { return row_bytes_; }  // of one token's keys; values the same
  StoreBytes bytes() const;
  /// Bytes of keys and values of a sequence of that length, over all layers.
  std::int64_t kv_bytes(std::int64_t length) const;

  /// Empties a slot: the next token is position 0, and no earlier state is read again.
  void reset(std::int64_t slot);
  /// One sequence's state as a value: a prefix from which other sequences can start.
  struct Prefix {
    std::int64_t length = 0;
    std::vector<std::vector<std::byte>> keys, values;  // per layer, rows in store order
    std::vector<std::vector<float>> conv, lag;
  };
  Prefix save(std::int64_t slot) const;
  void restore(std::int64_t slot, const Prefix& prefix);

  /// Fills a slot with `length` tokens of numbers drawn from the seed instead of a computed
  /// context: keys of norm about sqrt(head_dim), values and states of standard deviation 1.
  void fill(std::int64_t slot, std::int64_t length, std::uint64_t seed);

  /// Takes back the tokens from `length` on. Only tokens of the last chunk can be taken back, and
  /// only if it was fed with ForwardOptions::may_roll_back; otherwise throws BadInput with the
  /// allowed range.
  void truncate(std::int64_t slot, std::int64_t length);

  // For the forward pass. ------------------------------------------------------------------------

  /// Called before a chunk of `tokens` is written: saves what truncate() needs, or discards it.
  void begin_chunk(std::int64_t slot, std::int64_t tokens, bool may_roll_back);
  /// Whether the current chunk may be rolled back, so that keep_rows() must be called.
  bool keeps_rows(std::int64_t slot) const {
    return undo_[static_cast<std::size_t>(slot)].tokens > 0;
  }
  /// Saves the chunk's raw projections [q ; k] and delayed values, rows of C and of lag-width
  /// floats, from which truncate() rebuilds the convolution and lag state.
  void keep_rows(std::int64_t slot, std::int64_t layer, std::span<const float> u,
                 std::span<const float> lag);
  /// Writes the K and V rows of tokens length .. length + tokens - 1.
  void append(std::int64_t slot, std::int64_t layer, const std::byte* keys, const std::byte* values,
              std::int64_t tokens);
  void end_chunk(std::int64_t slot, std::int64_t tokens);

 private:
  /// The data that the last chunk of a slot overwrote or consumed.
  struct Undo {
    std::int64_t from = 0, tokens = 0;       // tokens 0: nothing to take back
    std::vector<std::vector<float>> u, lag;  // per layer [2 + tokens, C], [1 + tokens, L]
    // Windowed layers: the rows that each token of the chunk overwrote, and the chunk's own rows.
    std::vector<std::vector<std::byte>> keys, values, new_keys, new_values;
  };
  std::size_t conv_size() const { return static_cast<std::size_t>(2 * channels_); }
  std::size_t lag_size() const { return static_cast<std::size_t>(lag_width_); }
  float* conv_of(std::int64_t layer, std::int64_t slot) const;
  float* lag_of(std::int64_t layer, std::int64_t slot) const;
  std::byte* row_of(std::byte* base, const LayerStore& l, std::int64_t slot, std::int64_t t) const;

  Dtype type_;
  std::int64_t capacity_, channels_, lag_width_, row_bytes_;
  std::vector<std::int64_t> lengths_;
  std::vector<LayerStore> layers_;
  std::vector<Undo> undo_;
  PageMemory kv_, fixed_;
};

/// Keys that a query of this block sees, its own included; 0: all (spec 3.7).
std::int64_t visible_window(const reference::ModelConfig& config, std::int64_t block);

}  // namespace kernelgate::model
