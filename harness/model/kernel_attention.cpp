// The attention half of a layer: projections, mixing and attention, either per sequence or for a
// batch of single tokens. Reads and updates the sequence store.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "harness/model/bytes.hpp"
#include "harness/model/kernel_model.hpp"

namespace kernelgate::model {
namespace {

/// Copies rows of `width` bytes between matrices with different row strides.
void copy_rows(const std::byte* from, std::int64_t from_stride, std::byte* to,
               std::int64_t to_stride, std::int64_t width, std::int64_t rows) {
  for (std::int64_t r = 0; r < rows; ++r) {
    std::memcpy(to + r * to_stride, from + r * from_stride, size(width));
  }
}

}  // namespace

void KernelModel::mix(std::int64_t block, const char* form, std::int64_t tokens,
                      const std::byte* qkv, const std::int32_t* slot, const float* conv,
                      const float* lag) {
  const BlockMemory& w = weights_.blocks[size(block)];
  const reference::BlockConfig& b = config_.blocks[size(block)];
  operations_.run(
      {"conv_mixing", block, "conv_mixing"}, {tokens, form[0]},
      [&] {
        return fmt::format(
            "tokens={},heads={},kv_heads={},head_dim={},rotary={},theta={:.0f},form={},{}", tokens,
            config_.num_heads, config_.num_kv_heads, config_.head_dim, b.rotary_dims, b.theta, form,
            name(type()));
      },
      {{"qkv", qkv},
       {"depthwise", w.depthwise},
       {"depthwise_bias", w.depthwise_bias},
       {"grouped", w.grouped},
       {"grouped_bias", w.grouped_bias},
       {"temperature", w.temperature},
       {"position", work_[Buffer::position]},
       {"slot", bytes_of(slot)},
       {"conv_state", bytes_of(conv)},
       {"lag_state", bytes_of(lag)},
       {"q", work_[Buffer::mixed_q]},
       {"k", work_[Buffer::mixed_k]},
       {"v", work_[Buffer::mixed_v]}});
}

void KernelModel::attend(std::int64_t block, const std::string& form, std::int64_t batch,
                         std::int64_t tokens, std::int64_t context, std::int64_t window,
                         const std::byte* keys, const std::byte* values, const std::byte* out) {
  operations_.run({"attention", block, "cca_attention"}, {batch * tokens, context, window, form[0]},
                  [&] {
                    return fmt::format(
                        "form={},batch={},tokens={},context={},heads={},kv_heads={},head_dim={},"
                        "mask={},window={},{}",
                        form, batch, tokens, context, config_.num_heads, config_.num_kv_heads,
                        config_.head_dim, window > 0 ? "sliding" : "causal", window, name(type()));
                  },
                  {{"q", work_[Buffer::mixed_q]},
                   {"k", keys},
                   {"v", values},
                   {"valid", work_[Buffer::valid]},
                   {"out", out}});
}

/// Row `from` of the four projections as one row [q ; k ; v_cur ; v_del].
struct KernelModel::FusedRows {
  const std::byte *q, *k, *v_current, *v_delayed;
  std::int64_t q_bytes, k_bytes, v_bytes;

  std::int64_t width() const { return q_bytes + k_bytes + 2 * v_bytes; }
  void copy(std::int64_t from, std::byte* to, std::int64_t rows) const {
    copy_rows(q + from * q_bytes, q_bytes, to, width(), q_bytes, rows);
    copy_rows(k + from * k_bytes, k_bytes, to + q_bytes, width(), k_bytes, rows);
    std::byte* v = to + q_bytes + k_bytes;
    copy_rows(v_current + from * v_bytes, v_bytes, v, width(), v_bytes, rows);
    copy_rows(v_delayed + from * v_bytes, v_bytes, v + v_bytes, width(), v_bytes, rows);
  }
};

void KernelModel::attention(const Piece& piece, std::int64_t block, SequenceStore& store) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  const BlockMemory& w = weights_.blocks[size(block)];
  const std::byte* x = work_[Buffer::normed];
  linear("q_proj", block, n, config_.q_size(), h, x, w.q, work_[Buffer::q], false);
  linear("k_proj", block, n, config_.kv_size(), h, x, w.k, work_[Buffer::k], false);
  linear("v_current", block, n, config_.lag_width(), h, x, w.v_current, work_[Buffer::v_current],
         false);
  linear("v_delayed", block, n, config_.lag_width(), h, x, w.v_delayed, work_[Buffer::v_delayed],
         false);
  const FusedRows fused{work_[Buffer::q],
                        work_[Buffer::k],
                        work_[Buffer::v_current],
                        work_[Buffer::v_delayed],
                        config_.q_size() * element_,
                        config_.kv_size() * element_,
                        config_.lag_width() * element_};
  if (piece.batch) {
    mix_and_attend_batch(piece, block, fused, store);
  } else {
    mix_and_attend_each(piece, block, fused, store);
  }
  linear("o_proj", block, n, h, config_.q_size(), work_[Buffer::gathered], w.o,
         work_[Buffer::hidden], false);
}

namespace {

/// f32 copies of the columns of fused rows from which the convolution state is made.
void keep_rows(SequenceStore& store, std::int64_t slot, std::int64_t block, const std::byte* fused,
               std::int64_t rows, const reference::ModelConfig& c, Dtype type) {
  if (!store.keeps_rows(slot)) return;
  std::vector<float> u, lag;
  const std::int64_t width = c.channels() + c.kv_size();
  for (std::int64_t r = 0; r < rows; ++r) {
    const Values row(type, fused + r * width * size_bytes(type), width);
    for (std::int64_t i = 0; i < c.channels(); ++i) u.push_back(static_cast<float>(row[i]));
    for (std::int64_t i = width - c.lag_width(); i < width; ++i) {
      lag.push_back(static_cast<float>(row[i]));
    }
  }
  store.keep_rows(slot, block, u, lag);
}

}  // namespace

// One chunk at a time: each continues its own sequence.
void KernelModel::mix_and_attend_each(const Piece& piece, std::int64_t block,
                                      const FusedRows& fused, SequenceStore& store) {
  const LayerStore& l = store.layer(block);
  std::int64_t first = 0;
  for (const SequenceChunk& c : piece.chunks) {
    const auto tokens = static_cast<std::int64_t>(c.ids.size());
    const std::int64_t before = store.length(c.slot);
    fused.copy(first, work_[Buffer::qkv], tokens);
    keep_rows(store, c.slot, block, work_[Buffer::qkv], tokens, config_, type());
    for (std::int64_t t = 0; t < tokens; ++t) {
      work_.ints(Buffer::position)[t] = static_cast<std::int32_t>(before + t);
    }
    auto* slot = work_.ints(Buffer::slot);
    *slot = 0;
    mix(block, before == 0 ? "prefill" : "chunk", tokens, work_[Buffer::qkv], slot,
        l.conv + c.slot * 2 * config_.channels(), l.lag + c.slot * config_.lag_width());

    const std::byte *keys = l.keys + c.slot * l.rows * store.row_bytes(),
                    *values = l.values + c.slot * l.rows * store.row_bytes();
    std::int64_t context = before;
    if (l.window > 0) {  // the ring's rows in token order, then the chunk's
      context = std::min(before, l.window - 1);
      const auto stage = [&](Buffer buffer, const std::byte* ring, const std::byte* fresh) {
        std::byte* to = work_.reserve(buffer, context + tokens);
        for (std::int64_t t = before - context; t < before; ++t, to += store.row_bytes()) {
          std::memcpy(to, ring + t % l.rows * store.row_bytes(), size(store.row_bytes()));
        }
        std::memcpy(to, fresh, size(tokens * store.row_bytes()));
        return work_[buffer];
      };
      keys = stage(Buffer::stage_keys, keys, work_[Buffer::mixed_k]);
      values = stage(Buffer::stage_values, values, work_[Buffer::mixed_v]);
    }
    store.append(c.slot, block, work_[Buffer::mixed_k], work_[Buffer::mixed_v], tokens);
    auto* valid = work_.ints(Buffer::valid);
    valid[0] = 0;
    valid[1] = static_cast<std::int32_t>(context + tokens);
    attend(block, context == 0 ? "prefill" : "chunk", 1, tokens, context, l.window, keys, values,
           work_[Buffer::gathered] + first * config_.q_size() * element_);
    first += tokens;
  }
}

// One token per chunk. Every slot of the store is a row of the batch; slots without a token are
// padding.
void KernelModel::mix_and_attend_batch(const Piece& piece, std::int64_t block,
                                       const FusedRows& fused, SequenceStore& store) {
  const LayerStore& l = store.layer(block);
  const std::int64_t slots = store.slots();
  auto* position = work_.ints(Buffer::position);
  auto* slot = work_.ints(Buffer::slot);
  auto* valid = work_.ints(Buffer::valid);
  std::fill_n(position, slots, 0);
  std::fill_n(slot, slots, -1);
  std::fill_n(valid, 2 * slots, 0);
  std::memset(work_[Buffer::qkv], 0, size(slots * fused.width()));
  for (std::size_t i = 0; i < piece.chunks.size(); ++i) {
    const std::int64_t s = piece.chunks[i].slot;
    std::byte* row = work_[Buffer::qkv] + s * fused.width();
    fused.copy(static_cast<std::int64_t>(i), row, 1);
    keep_rows(store, s, block, row, 1, config_, type());
    position[s] = static_cast<std::int32_t>(store.length(s));
    slot[s] = static_cast<std::int32_t>(s);
    valid[2 * s + 1] = static_cast<std::int32_t>(std::min(store.length(s) + 1, l.rows));
  }
  mix(block, "decode", slots, work_[Buffer::qkv], slot, l.conv, l.lag);
  for (const SequenceChunk& c : piece.chunks) {
    store.append(c.slot, block, work_[Buffer::mixed_k] + c.slot * store.row_bytes(),
                 work_[Buffer::mixed_v] + c.slot * store.row_bytes(), 1);
  }
  // A ring contains exactly the keys that its newest token sees, so no mask is needed.
  attend(block, "decode", slots, 1, l.rows, 0, l.keys, l.values, work_[Buffer::heads]);
  const std::int64_t row = config_.q_size() * element_;
  for (std::size_t i = 0; i < piece.chunks.size(); ++i) {
    std::memcpy(work_[Buffer::gathered] + static_cast<std::int64_t>(i) * row,
                work_[Buffer::heads] + piece.chunks[i].slot * row, size(row));
  }
}

}  // namespace kernelgate::model
