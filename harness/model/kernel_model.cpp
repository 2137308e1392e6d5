#include "harness/model/kernel_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

#include "harness/core/error.hpp"

namespace kernelgate::model {
namespace {

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

template <class T>
T* as(std::byte* memory) {
  return reinterpret_cast<T*>(memory);
}
template <class T>
const std::byte* bytes_of(const T* memory) {
  return reinterpret_cast<const std::byte*>(memory);
}

/// Copies rows of `width` bytes between matrices of other row lengths.
void copy_rows(const std::byte* from, std::int64_t from_stride, std::byte* to,
               std::int64_t to_stride, std::int64_t width, std::int64_t rows) {
  for (std::int64_t r = 0; r < rows; ++r) {
    std::memcpy(to + r * to_stride, from + r * from_stride, size(width));
  }
}

void refuse_other_norms(const reference::ModelConfig& c) {
  if (c.norm_eps != 1e-5) {
    throw BadInput(
        fmt::format("unsupported: rms_norm_eps: the kernels have 1e-5, got {}", c.norm_eps));
  }
  for (const reference::BlockConfig& b : c.blocks) {
    if (b.theta == std::floor(b.theta)) continue;
    throw BadInput(
        fmt::format("unsupported: rope_theta: the kernels take a whole number, got {}", b.theta));
  }
}

}  // namespace

/// The chunks that go through the layers together.
struct KernelModel::Piece {
  std::vector<SequenceChunk> chunks;
  std::vector<bool> ends;  // whether a chunk's last token is here
  std::int64_t tokens = 0;
  std::int64_t first_token = 0;  // of the piece, counted over the forward pass
  bool batch = false;            // one token of each chunk
};

std::int32_t KernelLogits::argmax(std::int64_t row) const {
  const auto one = at(row);
  return static_cast<std::int32_t>(std::max_element(one.begin(), one.end()) - one.begin());
}

KernelModel::KernelModel(reference::ModelConfig config, const KernelWeights& weights, SkipRule skip,
                         Operations operations)
    : config_(std::move(config)),
      weights_(weights),
      skip_(skip),
      operations_(std::move(operations)),
      element_(size_bytes(weights.type())) {
  refuse_other_norms(config_);
}

void KernelModel::reset_counters() {
  hits_ = {};
  operations_.reset_times();
}

std::byte* KernelModel::room(Buffer& buffer, std::int64_t bytes) {
  if (buffer.memory.bytes() < bytes) buffer.memory = PageMemory(bytes, "work space");
  return buffer.memory.data();
}

std::int64_t KernelModel::workspace_bytes() const {
  std::int64_t bytes = 0;
  for (const Buffer* b : {&hidden_,        &normed_,      &residual_,     &q_,          &k_,
                          &v_current_,     &v_delayed_,   &qkv_,          &mixed_q_,    &mixed_k_,
                          &mixed_v_,       &heads_,       &gathered_,     &router_a_,   &router_b_,
                          &probabilities_, &probability_, &choice_,       &position_,   &slot_,
                          &valid_,         &stage_keys_,  &stage_values_, &head_input_, &logits_}) {
    bytes += b->memory.bytes();
  }
  return bytes;
}

void KernelModel::check(std::span<const SequenceChunk> chunks, const SequenceStore& store,
                        const ForwardOptions& options) const {
  std::set<std::int64_t> slots;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const SequenceChunk& c = chunks[i];
    const auto refuse = [&](const std::string& text) {
      throw BadInput(fmt::format("chunk {}: {}", i, text));
    };
    if (c.slot < 0 || c.slot >= store.slots()) {
      refuse(fmt::format("slot: expected 0 to {}, got {}", store.slots() - 1, c.slot));
    }
    if (!slots.insert(c.slot).second) refuse(fmt::format("slot {} comes twice", c.slot));
    if (c.ids.empty()) refuse("expected at least one token, got none");
    const std::int64_t length = store.length(c.slot) + static_cast<std::int64_t>(c.ids.size());
    if (length > store.capacity()) {
      refuse(fmt::format("slot {} holds {} tokens and its capacity is {}: no room for {} more",
                         c.slot, store.length(c.slot), store.capacity(), c.ids.size()));
    }
    if (options.may_roll_back && c.ids.size() > size(SequenceStore::most_rollback)) {
      refuse(fmt::format("expected at most {} tokens where they may be rolled back, got {}",
                         SequenceStore::most_rollback, c.ids.size()));
    }
    for (std::size_t t = 0; t < c.ids.size(); ++t) {
      if (c.ids[t] >= 0 && c.ids[t] < config_.vocab_size) continue;
      refuse(fmt::format("token {}: expected an id from 0 to {}, got {}", t, config_.vocab_size - 1,
                         c.ids[t]));
    }
  }
}

KernelLogits KernelModel::forward(std::span<const SequenceChunk> chunks, SequenceStore& store,
                                  const ForwardOptions& options) {
  check(chunks, store, options);
  for (const SequenceChunk& c : chunks) {
    store.begin_chunk(c.slot, static_cast<std::int64_t>(c.ids.size()), options.may_roll_back);
  }
  KernelLogits logits;
  logits.vocabulary = config_.vocab_size;
  Piece piece;
  const auto flush = [&] {
    if (piece.chunks.empty()) return;
    piece.batch = std::all_of(piece.chunks.begin(), piece.chunks.end(),
                              [](const SequenceChunk& c) { return c.ids.size() == 1; });
    run_piece(piece, store, options, logits);
    const std::int64_t next = piece.first_token + piece.tokens;
    piece = Piece{};
    piece.first_token = next;
  };
  for (const SequenceChunk& c : chunks) {
    for (std::size_t from = 0; from < c.ids.size();) {
      const std::size_t count = std::min(c.ids.size() - from, size(most_tokens - piece.tokens));
      piece.chunks.push_back({c.slot, c.ids.subspan(from, count)});
      from += count;
      piece.ends.push_back(from == c.ids.size());
      piece.tokens += static_cast<std::int64_t>(count);
      if (piece.tokens == most_tokens) flush();
    }
  }
  flush();
  return logits;
}

void KernelModel::run_piece(const Piece& piece, SequenceStore& store, const ForwardOptions& options,
                            KernelLogits& logits) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  const std::int64_t rows = std::max(n, store.slots());
  room(hidden_, n * h * element_);
  room(normed_, n * h * element_);
  room(residual_, n * h * 4);
  room(q_, n * config_.q_size() * element_);
  room(k_, n * config_.kv_size() * element_);
  room(v_current_, n * config_.lag_width() * element_);
  room(v_delayed_, n * config_.lag_width() * element_);
  room(qkv_, rows * (config_.channels() + config_.kv_size()) * element_);
  room(mixed_q_, rows * config_.q_size() * element_);
  room(mixed_k_, rows * config_.kv_size() * element_);
  room(mixed_v_, rows * config_.kv_size() * element_);
  room(heads_, rows * config_.q_size() * element_);
  room(gathered_, n * config_.q_size() * element_);
  for (Buffer* b : {&router_a_, &router_b_}) room(*b, n * config_.router_size * 4);
  room(probabilities_, n * (config_.num_experts + 1) * 4);
  for (Buffer* b : {&probability_, &choice_}) room(*b, n * 4);
  for (Buffer* b : {&position_, &slot_}) room(*b, rows * 4);
  room(valid_, rows * 8);

  embed(piece);
  const std::span<const float> stream(as<float>(residual_.memory.data()), size(n * h));
  if (options.observer != nullptr) options.observer->on_input(piece.first_token, stream);
  const std::int64_t blocks = config_.num_blocks();
  for (std::int64_t i = 0; i < blocks; ++i) {
    const BlockMemory& w = weights_.blocks[size(i)];
    attention(piece, i, store);
    norm(piece, i, "post_attention_norm", w.post_attention, w.post_attention_norm, false);
    experts(piece, i);
    const bool last = i + 1 == blocks;
    // The last stream is not kept by the kernel; whoever watches gets it by the form that keeps it.
    const bool keep = !last || options.observer != nullptr;
    norm(piece, i, last ? "final_norm" : "input_norm", w.post_mlp,
         last ? weights_.final_norm : weights_.blocks[size(i + 1)].input_norm, !keep);
    if (options.observer != nullptr) {
      options.observer->on_block(piece.first_token, i, stream,
                                 {as<std::int32_t>(choice_.memory.data()), size(n)},
                                 {as<float>(probability_.memory.data()), size(n)});
    }
  }
  for (const SequenceChunk& c : piece.chunks) {
    store.end_chunk(c.slot, static_cast<std::int64_t>(c.ids.size()));
  }
  head(piece, options, logits);
}

void KernelModel::embed(const Piece& piece) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  std::byte* to = hidden_.memory.data();
  for (const SequenceChunk& c : piece.chunks) {
    for (const std::int32_t id : c.ids) {
      std::memcpy(to, weights_.embedding + id * h * element_, size(h * element_));
      to += h * element_;
    }
  }
  operations_.run(
      {"embedding_norm", -1, "residual_norm"}, {n, 0},
      [&] { return fmt::format("tokens={},hidden={},form=first,{}", n, h, name(type())); },
      {{"hidden", hidden_.memory.data()},
       {"hidden_scale", weights_.input_scale},
       {"hidden_bias", weights_.input_bias},
       {"weight", weights_.blocks.front().input_norm},
       {"residual", residual_.memory.data()},
       {"y", normed_.memory.data()}});
}

void KernelModel::norm(const Piece& piece, std::int64_t block, const char* op,
                       const ScaleMemory& scales, Memory weight, bool last) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  operations_.run({op, block, "residual_norm"}, {n, last ? 2 : 1},
                  [&] {
                    return fmt::format("tokens={},hidden={},form={},{}", n, h,
                                       last ? "last" : "both", name(type()));
                  },
                  {{"hidden", hidden_.memory.data()},
                   {"hidden_scale", scales.hidden_scale},
                   {"hidden_bias", scales.hidden_bias},
                   {"residual_scale", scales.residual_scale},
                   {"residual_bias", scales.residual_bias},
                   {"weight", weight},
                   {"residual", residual_.memory.data()},
                   {"y", normed_.memory.data()}});
}

void KernelModel::linear(const char* op, std::int64_t block, std::int64_t tokens, std::int64_t out,
                         std::int64_t in, const std::byte* x, Memory w, const std::byte* y,
                         bool f32) {
  operations_.run({op, block, "linear"}, {tokens},
                  [&] {
                    return fmt::format("tokens={},out={},in={},output={},{}", tokens, out, in,
                                       f32 ? "f32" : "same", name(type()));
                  },
                  {{"x", x}, {"w", w}, {"y", y}});
}

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
       {"position", position_.memory.data()},
       {"slot", bytes_of(slot)},
       {"conv_state", bytes_of(conv)},
       {"lag_state", bytes_of(lag)},
       {"q", mixed_q_.memory.data()},
       {"k", mixed_k_.memory.data()},
       {"v", mixed_v_.memory.data()}});
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
                  {{"q", mixed_q_.memory.data()},
                   {"k", keys},
                   {"v", values},
                   {"valid", valid_.memory.data()},
                   {"out", out}});
}

void KernelModel::attention(const Piece& piece, std::int64_t block, SequenceStore& store) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  const BlockMemory& w = weights_.blocks[size(block)];
  const std::byte* x = normed_.memory.data();
  linear("q_proj", block, n, config_.q_size(), h, x, w.q, q_.memory.data(), false);
  linear("k_proj", block, n, config_.kv_size(), h, x, w.k, k_.memory.data(), false);
  linear("v_current", block, n, config_.lag_width(), h, x, w.v_current, v_current_.memory.data(),
         false);
  linear("v_delayed", block, n, config_.lag_width(), h, x, w.v_delayed, v_delayed_.memory.data(),
         false);
  if (piece.batch) {
    mix_and_attend_batch(piece, block, store);
  } else {
    mix_and_attend_each(piece, block, store);
  }
  linear("o_proj", block, n, h, config_.q_size(), gathered_.memory.data(), w.o,
         hidden_.memory.data(), false);
}

namespace {

/// Row `from` of the four projections as one row [q ; k ; v_cur ; v_del].
struct FusedRows {
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

/// f32 copies of the parts of fused rows that the convolution state is made of.
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

// Chunk after chunk: each continues its own sequence.
void KernelModel::mix_and_attend_each(const Piece& piece, std::int64_t block,
                                      SequenceStore& store) {
  const FusedRows fused{q_.memory.data(),
                        k_.memory.data(),
                        v_current_.memory.data(),
                        v_delayed_.memory.data(),
                        config_.q_size() * element_,
                        config_.kv_size() * element_,
                        config_.lag_width() * element_};
  const LayerStore& l = store.layer(block);
  std::int64_t first = 0;
  for (const SequenceChunk& c : piece.chunks) {
    const auto tokens = static_cast<std::int64_t>(c.ids.size());
    const std::int64_t before = store.length(c.slot);
    fused.copy(first, qkv_.memory.data(), tokens);
    keep_rows(store, c.slot, block, qkv_.memory.data(), tokens, config_, type());
    for (std::int64_t t = 0; t < tokens; ++t) {
      as<std::int32_t>(position_.memory.data())[t] = static_cast<std::int32_t>(before + t);
    }
    auto* slot = as<std::int32_t>(slot_.memory.data());
    *slot = 0;
    mix(block, before == 0 ? "prefill" : "chunk", tokens, qkv_.memory.data(), slot,
        l.conv + c.slot * 2 * config_.channels(), l.lag + c.slot * config_.lag_width());

    const std::byte *keys = l.keys + c.slot * l.rows * store.row_bytes(),
                    *values = l.values + c.slot * l.rows * store.row_bytes();
    std::int64_t context = before;
    if (l.window > 0) {  // the ring's rows in their order, then the chunk's
      context = std::min(before, l.window - 1);
      const std::int64_t bytes = (context + tokens) * store.row_bytes();
      const auto stage = [&](Buffer& buffer, const std::byte* ring, const std::byte* fresh) {
        std::byte* to = room(buffer, bytes);
        for (std::int64_t t = before - context; t < before; ++t, to += store.row_bytes()) {
          std::memcpy(to, ring + t % l.rows * store.row_bytes(), size(store.row_bytes()));
        }
        std::memcpy(to, fresh, size(tokens * store.row_bytes()));
        return buffer.memory.data();
      };
      keys = stage(stage_keys_, keys, mixed_k_.memory.data());
      values = stage(stage_values_, values, mixed_v_.memory.data());
    }
    store.append(c.slot, block, mixed_k_.memory.data(), mixed_v_.memory.data(), tokens);
    auto* valid = as<std::int32_t>(valid_.memory.data());
    valid[0] = 0;
    valid[1] = static_cast<std::int32_t>(context + tokens);
    attend(block, context == 0 ? "prefill" : "chunk", 1, tokens, context, l.window, keys, values,
           gathered_.memory.data() + first * config_.q_size() * element_);
    first += tokens;
  }
}

// One token of each chunk: every slot of the store is a row of the batch, those without a token as
// padding.
void KernelModel::mix_and_attend_batch(const Piece& piece, std::int64_t block,
                                       SequenceStore& store) {
  const FusedRows fused{q_.memory.data(),
                        k_.memory.data(),
                        v_current_.memory.data(),
                        v_delayed_.memory.data(),
                        config_.q_size() * element_,
                        config_.kv_size() * element_,
                        config_.lag_width() * element_};
  const LayerStore& l = store.layer(block);
  const std::int64_t slots = store.slots();
  auto* position = as<std::int32_t>(position_.memory.data());
  auto* slot = as<std::int32_t>(slot_.memory.data());
  auto* valid = as<std::int32_t>(valid_.memory.data());
  std::fill_n(position, slots, 0);
  std::fill_n(slot, slots, -1);
  std::fill_n(valid, 2 * slots, 0);
  std::memset(qkv_.memory.data(), 0, size(slots * fused.width()));
  for (std::size_t i = 0; i < piece.chunks.size(); ++i) {
    const std::int64_t s = piece.chunks[i].slot;
    std::byte* row = qkv_.memory.data() + s * fused.width();
    fused.copy(static_cast<std::int64_t>(i), row, 1);
    keep_rows(store, s, block, row, 1, config_, type());
    position[s] = static_cast<std::int32_t>(store.length(s));
    slot[s] = static_cast<std::int32_t>(s);
    valid[2 * s + 1] = static_cast<std::int32_t>(std::min(store.length(s) + 1, l.rows));
  }
  mix(block, "decode", slots, qkv_.memory.data(), slot, l.conv, l.lag);
  for (const SequenceChunk& c : piece.chunks) {
    store.append(c.slot, block, mixed_k_.memory.data() + c.slot * store.row_bytes(),
                 mixed_v_.memory.data() + c.slot * store.row_bytes(), 1);
  }
  // A ring holds just the keys that its newest token sees, so it needs no mask.
  attend(block, "decode", slots, 1, l.rows, 0, l.keys, l.values, heads_.memory.data());
  const std::int64_t row = config_.q_size() * element_;
  for (std::size_t i = 0; i < piece.chunks.size(); ++i) {
    std::memcpy(gathered_.memory.data() + static_cast<std::int64_t>(i) * row,
                heads_.memory.data() + piece.chunks[i].slot * row, size(row));
  }
}

void KernelModel::experts(const Piece& piece, std::int64_t block) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  const BlockMemory& w = weights_.blocks[size(block)];
  const RouterMemory& r = w.router;
  const bool even = block % 2 == 0;
  const std::byte* previous = (even ? router_b_ : router_a_).memory.data();
  const std::byte* state = (even ? router_a_ : router_b_).memory.data();
  operations_.run({"router", block, "router"}, {n},
                  [&] {
                    return fmt::format("tokens={},hidden={},width={},experts={},eda={},{}", n, h,
                                       config_.router_size, config_.num_experts,
                                       block == 0 ? "off" : "on", name(type()));
                  },
                  {{"h", normed_.memory.data()},
                   {"s_prev", previous},
                   {"w_d", r.down},
                   {"b_d", r.down_bias},
                   {"gamma", r.eda},
                   {"g", r.norm},
                   {"w1", r.fc1},
                   {"b1", r.fc1_bias},
                   {"w2", r.fc2},
                   {"b2", r.fc2_bias},
                   {"w3", r.out},
                   {"bias", r.bias},
                   {"s", state},
                   {"p", probabilities_.memory.data()},
                   {"probability", probability_.memory.data()},
                   {"choice", choice_.memory.data()}});
  const std::span<const std::int32_t> choice(as<std::int32_t>(choice_.memory.data()), size(n));
  const std::set<std::int32_t> hit(choice.begin(), choice.end());
  const auto skips = std::count(choice.begin(), choice.end(), config_.num_experts);
  hits_.experts += static_cast<std::int64_t>(hit.size()) - (skips > 0 ? 1 : 0);
  hits_.skipped += skips;
  hits_.routed += n - skips;
  constexpr std::string_view rules[] = {"zero", "identity", "drop"};
  operations_.run({"experts", block, "expert_gemm"}, {n},
                  [&] {
                    return fmt::format("tokens={},hidden={},inter={},experts={},skip={},{}", n, h,
                                       config_.expert_size, config_.num_experts,
                                       rules[static_cast<int>(skip_)], name(type()));
                  },
                  {{"h", normed_.memory.data()},
                   {"choice", choice_.memory.data()},
                   {"weight", probability_.memory.data()},
                   {"gate_up", w.gate_up},
                   {"down", w.down},
                   {"m", hidden_.memory.data()}});
}

void KernelModel::head(const Piece& piece, const ForwardOptions& options, KernelLogits& logits) {
  const std::int64_t h = config_.hidden_size, v = config_.vocab_size;
  std::byte* input = normed_.memory.data();
  std::int64_t rows = piece.tokens;
  if (!options.every_token) {
    rows = 0;
    input = room(head_input_, static_cast<std::int64_t>(piece.chunks.size()) * h * element_);
    std::int64_t at = 0;
    for (std::size_t i = 0; i < piece.chunks.size(); ++i) {
      at += static_cast<std::int64_t>(piece.chunks[i].ids.size());
      if (!piece.ends[i]) continue;
      std::memcpy(input + rows++ * h * element_, normed_.memory.data() + (at - 1) * h * element_,
                  size(h * element_));
    }
  }
  if (rows == 0) return;
  std::byte* out = room(logits_, rows * v * 4);
  linear("lm_head", -1, rows, v, h, input, weights_.head, out, true);
  logits.rows += rows;
  const auto* values = as<float>(out);
  logits.values.insert(logits.values.end(), values, values + rows * v);
}

}  // namespace kernelgate::model
