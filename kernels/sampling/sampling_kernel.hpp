// sampling, native: a block takes a row through the whole chain of spec 7.1. Filters lower a limit,
// the last entry that is kept; as soon as few entries are left they move into shared memory.
#pragma once

#include <dialect.hpp>
#include <registers.hpp>

#include "kernels/common/select/block_select.hpp"
#include "kernels/sampling/native_adjust.hpp"
#include "kernels/sampling/native_row.hpp"
#include "kernels/sampling/native_top_p.hpp"
#include "kernels/sampling/sampling_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

template <SamplingLayout layout>
struct SamplingShared {
  static constexpr u32 capacity = static_cast<u32>(layout.list_capacity());

  SelectState select;
  u64 total, best;
  u32 in, outputs;
  union {
    u32 count[select_bins];
    u64 mass[layout.mass_bins()];
  };
  alignas(16) u64 list[capacity];
};

/// Step 5: drops p_i < min_p max p. The largest weight is 1. s.in becomes the number left, with
/// barriers before and after it.
template <class Shared>
KDEV void keep_min_p(Shared& s, const SamplingRow& r, SamplingMass mass) {
  const float least = r.numbers()[SamplingColumns::min_p];
  if (k_tid() == 0) s.in = 0;
  k_sync();
  u32 in = 0;
  for (u32 piece = k_tid(); piece < r.x.pieces(); piece += k_threads()) {
    Vec<float, 4> x = r.x.load(piece);
    TopKEntry entry[4];
    r.x.span.entries(x, 4 * piece, entry);
    bool changed = false;
    K_UNROLL
    for (int j = 0; j < 4; ++j) {
      if (entry[j] > sampling_all()) continue;
      const bool drop = x[j] < mass.largest && mass.weight(x[j]) < least;
      if (drop) x[j] = sampling_none();
      changed = changed || drop;
      in += drop ? 0 : 1;
    }
    if (changed) k_store(r.out + 4 * piece, x);
  }
  if (in > 0) k_atomic_add_block(&s.in, in);
  k_sync();
}

/// Steps 7 and 8 over the remaining entries.
template <int W, SamplingLayout layout, class Shared, class Source>
KDEV void draw_token(Shared& s, const SamplingRow& r, const Source& source, SamplingMass mass,
                     SamplingKept kept, const SamplingWork& work) {
  const float top_p = r.numbers()[SamplingColumns::top_p];
  if (top_p < 1) {
    kept = keep_top_p<W>(s, source, mass, top_p, kept, static_cast<u32>(layout.mass_bits),
                         work.position_bits);
  } else {
    kept.mass = mass_of(&s.total, source, mass, kept.last);
  }
  if (k_tid() == 0) {
    s.best = top_k_none;
    s.in = 0;
  }
  k_sync();
  const float total = mass.to_sum(kept.mass);
  const SamplingNoise noise(r.integers(), r.in.seed[r.row]);
  u64 best = top_k_none;
  float most = -1;
  u32 in = 0;
  for (u32 piece = k_tid(); piece < source.pieces(); piece += k_threads()) {
    TopKEntry entry[Source::width];
    source.entries(piece, entry);
    // A single copy of the code draws the noise: unrolled copies do not fit the 64 registers per
    // thread of a block of 1024 threads. The entries shift, so that all indices are constant.
    K_ROLL
    for (u32 left = Source::width; left > 0; --left) {
      const TopKEntry first = entry[0];
      K_UNROLL
      for (u32 j = 1; j < Source::width; ++j) entry[j - 1] = entry[j];
      if (first > kept.last) continue;
      const u32 id = static_cast<u32>(first);
      const float p = mass.weight(top_k_value<float>(first)) / total;
      const float race = noise.race(most, p, id);
      ++in;
      if (race < most) continue;
      best = k_min(best, top_k_entry(race, id));
      most = race;
    }
  }
  if (in > 0) k_atomic_add_block(&s.in, in);
  offer_best<W>(&s.best, best);
  k_sync();
  if (k_tid() == 0) {
    const u32 id = static_cast<u32>(s.best);
    work.token[r.row] = static_cast<i32>(id);
    work.kept[r.row] = static_cast<i32>(s.in);
    work.probability[r.row] = mass.weight(r.at(id)) / total;
  }
}

/// token, kept and probability of row k_block(). One block per row.
template <class T, int W, std::int64_t lds_bytes, std::int64_t mass_bits>
KGLOBAL KBOUNDS(1024) void sampling_kernel(SamplingInputs in, SamplingWork work) {
  constexpr SamplingLayout layout{lds_bytes, mass_bits};
  using Shared = SamplingShared<layout>;
  static_assert(sizeof(Shared) <= layout.lds_bytes, "fits the smallest device it is for");
  K_SHARED(Shared, s);
  const u32 row = k_block();
  float* out = work.x + static_cast<u64>(row) * work.stride;
  const u32 ahead = static_cast<u32>(static_cast<u64>(row) * in.vocabulary % TopKGlobal<T>::width);
  const SamplingRow r{in, row, {out, TopKSpan{ahead, ahead + in.vocabulary, 0U - ahead}}, out};
  adjust_logits<T, W>(s, r, work.mentions);
  const u64 first = s.best;
  SamplingKept kept{sampling_all(), s.in, 0};
  if (first == top_k_none || SamplingPenalties(r.numbers()).greedy()) {
    const bool none = first == top_k_none;
    if (k_tid() == 0) {
      work.token[row] = none ? -1 : static_cast<i32>(first & 0x7FFFFFFFU);
      work.kept[row] = none ? 0 : 1;
      work.probability[row] = none ? 0.0F : 1.0F;
    }
    return;  // the whole block leaves
  }
  const SamplingMass mass{work.weight_bits, top_k_value<float>(first)};
  k_sync();  // before s.in is counted anew
  if (r.numbers()[SamplingColumns::min_p] > 0) {
    keep_min_p(s, r, mass);
    kept.count = s.in;
  }
  const i32 asked = r.integers()[SamplingColumns::top_k];
  if (asked > 0 && static_cast<u32>(asked) < kept.count) {
    const u32 k = static_cast<u32>(asked);
    const Selected best = select_best<W>(s.select, s.count, r.x, r.x, k, k, SelectDigits{32, 0});
    kept.last = best.last;
    kept.count = best.count;
  }
  k_sync();
  if (kept.count > Shared::capacity) {
    draw_token<W, layout>(s, r, r.x, mass, kept, work);
    return;
  }
  if (k_tid() == 0) {
    s.select.filled = 0;
    if (kept.count % 2 != 0) s.list[kept.count] = top_k_none;  // completes the last piece
  }
  k_sync();
  select_collect<W>(s.select, r.x, kept.last, s.list);
  k_sync();
  const TopKStaged<u64> list{s.list, TopKSpan{0, kept.count, 0}};
  draw_token<W, layout>(s, r, list, mass, kept, work);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
