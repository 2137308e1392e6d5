// Steps 1 to 6 of sampling for a block: from a row of logits to x in global memory, -inf where an
// entry is dropped. Lists are short compared with a vocabulary; their steps touch the listed ids
// only.
#pragma once

#include <dialect.hpp>

#include "kernels/common/select/block_select.hpp"
#include "kernels/sampling/native_row.hpp"
#include "kernels/sampling/sampling_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// One row being processed.
struct SamplingRow {
  const SamplingInputs& in;
  u32 row;
  TopKGlobal<float> x;  // in global memory; element j of the span is id j + offset
  float* out;           // the same memory, writable

  KDEV bool is_id(i32 id) const { return id >= 0 && static_cast<u32>(id) < in.vocabulary; }
  KDEV float& at(u32 id) const { return out[x.span.begin + id]; }
  template <class T>
  KDEV const T* list(const T* all, u32 each) const {
    return all + static_cast<u64>(row) * each;
  }
  KDEV const float* numbers() const { return list(in.numbers, SamplingColumns::numbers); }
  KDEV const i32* integers() const { return list(in.integers, SamplingColumns::integers); }
};

KDEV float sampling_none() { return k_float(0xFF800000U); }
/// Limit of the entries that are not dropped: those not above it have x > -inf.
KDEV TopKEntry sampling_all() { return (static_cast<u64>(0xFF800000U) << 32) - 1; }

/// Steps 1 and 2: logits as f32, -inf where masked. A NaN stays until tempered() drops it.
template <class T>
KDEV void mask_logits(const SamplingRow& r) {
  const u64 first = static_cast<u64>(r.row) * r.in.vocabulary;
  const TopKGlobal<T> logits =
      top_k_global(static_cast<const T*>(r.in.logits), first, r.in.vocabulary, 0);
  const u32* allowed = r.in.allowed;
  if (allowed != nullptr) allowed = r.list(allowed, r.in.mask_words);
  constexpr u32 width = TopKGlobal<T>::width;
  for (u32 piece = k_tid(); piece < logits.pieces(); piece += k_threads()) {
    const auto raw = logits.load(piece);
    K_UNROLL
    for (u32 part = 0; part < width; part += 4) {
      Vec<float, 4> x;
      K_UNROLL
      for (u32 j = 0; j < 4; ++j) {
        const u32 id = piece * width + part + j - logits.span.begin;  // wraps before the first
        bool in = id < r.in.real_ids;
        if (in && allowed != nullptr) in = ((allowed[id >> 5] >> (id & 31)) & 1U) != 0;
        const float logit = k_to_float(raw[static_cast<int>(part + j)]);
        x[static_cast<int>(j)] = in ? logit : sampling_none();
      }
      k_store(r.out + piece * width + part, x);
    }
  }
}

/// An id that is listed twice is handled by its first entry, which adds all in the list's order.
KDEV void add_biases(const SamplingRow& r) {
  const i32* token = r.list(r.in.bias_token, r.in.biases);
  const float* add = r.list(r.in.bias_add, r.in.biases);
  for (u32 j = k_tid(); j < r.in.biases; j += k_threads()) {
    const i32 id = token[j];
    bool first = r.is_id(id);
    for (u32 earlier = 0; first && earlier < j; ++earlier) first = token[earlier] != id;
    if (!first) continue;
    float x = r.at(static_cast<u32>(id));
    for (u32 later = j; later < r.in.biases; ++later) {
      if (token[later] == id) x += add[later];
    }
    r.at(static_cast<u32>(id)) = x;
  }
}

/// Calls f(id) for every entry of the prompt and of the output that is an id.
template <class F>
KDEV void each_mention(const SamplingRow& r, F f) {
  const i32* prompt = r.list(r.in.prompt, r.in.prompts);
  const i32* output = r.list(r.in.output, r.in.outputs);
  for (u32 j = k_tid(); j < r.in.prompts + r.in.outputs; j += k_threads()) {
    const bool said = j >= r.in.prompts;
    const i32 id = said ? output[j - r.in.prompts] : prompt[j];
    if (r.is_id(id)) f(static_cast<u32>(id), said);
  }
}

/// Step 3. Of all mentions of an id, the one that takes away its count applies the penalty. Only
/// this block uses the row's counters, and only those of mentioned ids.
KDEV void penalise(const SamplingRow& r, const SamplingPenalties& asked, u32* mentions) {
  u32* count = mentions + static_cast<u64>(r.row) * r.in.vocabulary;
  each_mention(r, [&](u32 id, bool) { k_atomic_store_device(&count[id], 0U); });
  k_sync();
  each_mention(r, [&](u32 id, bool said) {
    if (said) {
      k_atomic_add_block(&count[id], 2U);  // times in the output, above bit 0
    } else {
      k_atomic_or_block(&count[id], 1U);
    }
  });
  k_sync();
  each_mention(r, [&](u32 id, bool) {
    const u32 seen = k_atomic_exchange_block(&count[id], 0U);
    if (seen != 0) r.at(id) = asked.penalised(r.at(id), seen >> 1);
  });
}

/// Stores the minimum of all threads' entries in `best`, which must have been set to top_k_none
/// before a barrier. The caller adds a barrier afterwards.
template <int W>
KDEV void offer_best(u64* best, u64 mine) {
  const u64 lanes = select_lanes<W>();
  const u32 lane = k_tid() % W;
  K_UNROLL
  for (u32 distance = 1; distance < W; distance <<= 1) {
    const u64 below = k_shfl_up_mask<W>(lanes, mine, distance);
    if (lane >= distance) mine = k_min(mine, below);
  }
  if (lane == W - 1 || k_tid() == k_threads() - 1) k_atomic_min_block(best, mine);
}

/// Steps 1 to 6. Afterwards s.best is the largest x at its lowest id, and s.in the number of
/// entries that are not dropped. Barriers precede and follow the writes of both.
template <class T, int W, class Shared>
KDEV void adjust_logits(Shared& s, const SamplingRow& r, u32* mentions) {
  const SamplingPenalties asked(r.numbers());
  if (k_tid() == 0) {
    s.best = top_k_none;
    s.in = 0;
    s.outputs = 0;
  }
  mask_logits<T>(r);
  k_sync();
  if (r.in.outputs > 0) {
    u32 outputs = 0;
    each_mention(r, [&](u32, bool said) { outputs += said ? 1 : 0; });
    if (outputs > 0) k_atomic_add_block(&s.outputs, outputs);
  }
  k_sync();
  if (k_tid() == 0 && static_cast<i32>(s.outputs) < r.integers()[SamplingColumns::min_tokens]) {
    const i32* stop = r.list(r.in.stop, SamplingColumns::stops);
    for (u32 j = 0; j < SamplingColumns::stops; ++j) {
      if (r.is_id(stop[j])) r.at(static_cast<u32>(stop[j])) = sampling_none();
    }
  }
  k_sync();
  add_biases(r);
  k_sync();
  if (mentions != nullptr) penalise(r, asked, mentions);
  k_sync();
  u64 best = top_k_none;
  u32 in = 0;
  for (u32 piece = k_tid(); piece < r.x.pieces(); piece += k_threads()) {
    Vec<float, 4> x = r.x.load(piece);
    K_UNROLL
    for (int j = 0; j < 4; ++j) x[j] = asked.tempered(x[j]);
    k_store(r.out + 4 * piece, x);
    TopKEntry entry[4];
    r.x.span.entries(x, 4 * piece, entry);
    K_UNROLL
    for (int j = 0; j < 4; ++j) {
      if (entry[j] > sampling_all()) continue;
      best = k_min(best, entry[j]);
      ++in;
    }
  }
  if (in > 0) k_atomic_add_block(&s.in, in);
  offer_best<W>(&s.best, best);
  k_sync();
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
