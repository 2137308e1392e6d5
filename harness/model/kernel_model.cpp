#include "harness/model/kernel_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/model/bytes.hpp"
#include "harness/model/expert_offload.hpp"
#include "reference/batch.hpp"

namespace kernelgate::model {
namespace {

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
      element_(size_bytes(weights.type())),
      work_(config_, weights.type()) {
  refuse_other_norms(config_);
}

void KernelModel::reset_counters() {
  hits_ = {};
  operations_.reset_times();
  if (offload_ != nullptr) offload_->reset_counts();
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
    if (!slots.insert(c.slot).second) refuse(fmt::format("slot {} occurs twice", c.slot));
    if (c.ids.empty()) refuse("expected at least one token, got none");
    const std::int64_t length = store.length(c.slot) + static_cast<std::int64_t>(c.ids.size());
    if (length > store.capacity()) {
      refuse(fmt::format("slot {} holds {} tokens and its capacity is {}: no space for {} more",
                         c.slot, store.length(c.slot), store.capacity(), c.ids.size()));
    }
    reference::require_context(config_, length, fmt::format("chunk {}: slot {}", i, c.slot));
    if (options.may_roll_back && c.ids.size() > size(SequenceStore::max_rollback)) {
      refuse(fmt::format("expected at most {} tokens where they may be rolled back, got {}",
                         SequenceStore::max_rollback, c.ids.size()));
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
      const std::size_t count = std::min(c.ids.size() - from, size(max_tokens - piece.tokens));
      piece.chunks.push_back({c.slot, c.ids.subspan(from, count)});
      from += count;
      piece.ends.push_back(from == c.ids.size());
      piece.tokens += static_cast<std::int64_t>(count);
      if (piece.tokens == max_tokens) flush();
    }
  }
  flush();
  return logits;
}

void KernelModel::run_piece(const Piece& piece, SequenceStore& store, const ForwardOptions& options,
                            KernelLogits& logits) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  work_.reserve_piece(n, store.slots());

  embed(piece);
  const std::span<const float> stream(work_.floats(Buffer::residual), size(n * h));
  if (options.observer != nullptr) options.observer->on_input(piece.first_token, stream);
  const std::int64_t blocks = config_.num_blocks();
  for (std::int64_t i = 0; i < blocks; ++i) {
    const BlockMemory& w = weights_.blocks[size(i)];
    attention(piece, i, store);
    norm(piece, i, "post_attention_norm", w.post_attention, w.post_attention_norm, false);
    experts(piece, i);
    const bool last = i + 1 == blocks;
    // The kernel does not store the last stream; with an observer, the form that stores it is used.
    const bool keep = !last || options.observer != nullptr;
    norm(piece, i, last ? "final_norm" : "input_norm", w.post_mlp,
         last ? weights_.final_norm : weights_.blocks[size(i + 1)].input_norm, !keep);
    if (options.observer != nullptr) {
      options.observer->on_block(piece.first_token, i, stream,
                                 {work_.ints(Buffer::choice), size(n)},
                                 {work_.floats(Buffer::probability), size(n)});
    }
  }
  for (const SequenceChunk& c : piece.chunks) {
    store.end_chunk(c.slot, static_cast<std::int64_t>(c.ids.size()));
  }
  head(piece, options, logits);
}

void KernelModel::embed(const Piece& piece) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  std::byte* to = work_[Buffer::hidden];
  for (const SequenceChunk& c : piece.chunks) {
    for (const std::int32_t id : c.ids) {
      std::memcpy(to, weights_.embedding + id * h * element_, size(h * element_));
      to += h * element_;
    }
  }
  operations_.run(
      {"embedding_norm", -1, "residual_norm"}, {n, 0},
      [&] { return fmt::format("tokens={},hidden={},form=first,{}", n, h, name(type())); },
      {{"hidden", work_[Buffer::hidden]},
       {"hidden_scale", weights_.input_scale},
       {"hidden_bias", weights_.input_bias},
       {"weight", weights_.blocks.front().input_norm},
       {"residual", work_[Buffer::residual]},
       {"y", work_[Buffer::normed]}});
}

void KernelModel::norm(const Piece& piece, std::int64_t block, const char* op,
                       const ScaleMemory& scales, Memory weight, bool last) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  operations_.run({op, block, "residual_norm"}, {n, last ? 2 : 1},
                  [&] {
                    return fmt::format("tokens={},hidden={},form={},{}", n, h,
                                       last ? "last" : "both", name(type()));
                  },
                  {{"hidden", work_[Buffer::hidden]},
                   {"hidden_scale", scales.hidden_scale},
                   {"hidden_bias", scales.hidden_bias},
                   {"residual_scale", scales.residual_scale},
                   {"residual_bias", scales.residual_bias},
                   {"weight", weight},
                   {"residual", work_[Buffer::residual]},
                   {"y", work_[Buffer::normed]}});
}

void KernelModel::linear(const char* op, std::int64_t block, std::int64_t tokens, std::int64_t out,
                         std::int64_t in, const std::byte* x, const MatrixMemory& w,
                         const std::byte* y, bool f32) {
  const char* output = f32 ? "f32" : "same";
  if (w.is_quantised()) {
    operations_.run({op, block, "linear_w4"}, {tokens},
                    [&] {
                      return fmt::format("tokens={},out={},in={},{},output={},{}", tokens, out, in,
                                         four_bit_axes(), output, name(type()));
                    },
                    {{"x", x}, {"codes", w.data}, {"scales", w.scales}, {"y", y}});
    return;
  }
  operations_.run({op, block, "linear"}, {tokens},
                  [&] {
                    return fmt::format("tokens={},out={},in={},output={},{}", tokens, out, in,
                                       output, name(type()));
                  },
                  {{"x", x}, {"w", w.data}, {"y", y}});
}

std::string KernelModel::four_bit_axes() const {
  const FourBitLayout& layout = weights_.quantisation().layout;
  return fmt::format("format={},block={}", kernelgate::name(layout.format), layout.block);
}

void KernelModel::experts(const Piece& piece, std::int64_t block) {
  const std::int64_t n = piece.tokens, h = config_.hidden_size;
  const BlockMemory& w = weights_.blocks[size(block)];
  const RouterMemory& r = w.router;
  const bool even = block % 2 == 0;
  const std::byte* previous = work_[even ? Buffer::router_odd : Buffer::router_even];
  const std::byte* state = work_[even ? Buffer::router_even : Buffer::router_odd];
  operations_.run({"router", block, "router"}, {n},
                  [&] {
                    return fmt::format("tokens={},hidden={},width={},experts={},eda={},{}", n, h,
                                       config_.router_size, config_.num_experts,
                                       block == 0 ? "off" : "on", name(type()));
                  },
                  {{"h", work_[Buffer::normed]},
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
                   {"p", work_[Buffer::probabilities]},
                   {"probability", work_[Buffer::probability]},
                   {"choice", work_[Buffer::choice]}});
  const std::span<const std::int32_t> choice(work_.ints(Buffer::choice), size(n));
  const std::set<std::int32_t> hit(choice.begin(), choice.end());
  const auto skips = std::count(choice.begin(), choice.end(), config_.num_experts);
  hits_.experts += static_cast<std::int64_t>(hit.size()) - (skips > 0 ? 1 : 0);
  hits_.skipped += skips;
  hits_.routed += n - skips;
  if (offload_ != nullptr) return run_offloaded_experts(n, block);
  run_experts(n, block);
}

void KernelModel::run_experts(std::int64_t n, std::int64_t block) {
  const BlockMemory& w = weights_.blocks[size(block)];
  const auto axes = [&](const std::string& format) {
    constexpr std::string_view rules[] = {"zero", "identity", "drop"};
    return fmt::format("tokens={},hidden={},inter={},experts={},{}skip={},{}", n,
                       config_.hidden_size, config_.expert_size, config_.num_experts, format,
                       rules[static_cast<int>(skip_)], name(type()));
  };
  std::vector<Place> places{{"h", work_[Buffer::normed]},
                            {"choice", work_[Buffer::choice]},
                            {"weight", work_[Buffer::probability]},
                            {"m", work_[Buffer::hidden]}};
  if (w.gate_up.is_quantised()) {
    places.insert(places.end(), {{"gate_up_codes", w.gate_up.data},
                                 {"gate_up_scales", w.gate_up.scales},
                                 {"down_codes", w.down.data},
                                 {"down_scales", w.down.scales}});
    operations_.run(
        {"experts", block, "expert_gemm_w4"}, {n}, [&] { return axes(four_bit_axes() + ","); },
        places);
    return;
  }
  places.insert(places.end(), {{"gate_up", w.gate_up.data}, {"down", w.down.data}});
  operations_.run(
      {"experts", block, "expert_gemm"}, {n}, [&] { return axes(""); }, places);
}

void KernelModel::head(const Piece& piece, const ForwardOptions& options, KernelLogits& logits) {
  const std::int64_t h = config_.hidden_size, v = config_.vocab_size;
  std::byte* input = work_[Buffer::normed];
  std::int64_t rows = piece.tokens;
  if (!options.every_token) {
    rows = 0;
    input = work_.reserve(Buffer::head_input, static_cast<std::int64_t>(piece.chunks.size()));
    std::int64_t at = 0;
    for (std::size_t i = 0; i < piece.chunks.size(); ++i) {
      at += static_cast<std::int64_t>(piece.chunks[i].ids.size());
      if (!piece.ends[i]) continue;
      std::memcpy(input + rows++ * h * element_, work_[Buffer::normed] + (at - 1) * h * element_,
                  size(h * element_));
    }
  }
  if (rows == 0) return;
  std::byte* out = work_.reserve(Buffer::logits, rows);
  linear("lm_head", -1, rows, v, h, input, weights_.head, out, true);
  logits.rows += rows;
  const auto* values = as<float>(out);
  logits.values.insert(logits.values.end(), values, values + rows * v);
}

}  // namespace kernelgate::model
