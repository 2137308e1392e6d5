// Exact selection by a block of any number of threads: histograms of 11 bits at a time narrow down
// the last entry wanted. Counts are whole numbers, so that schedule and thread count have no
// effect. No thread count is assumed: every loop strides by the threads that were launched, and
// every wave operation names the lanes that the wave has.
#pragma once

#include <dialect.hpp>

#include "kernels/common/select/block_entries.hpp"
#include "kernels/common/select/select_layout.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline constexpr u32 select_bins = static_cast<u32>(SelectLayout::bins);
inline constexpr u32 select_digit = 11;

/// State of a block's selection, in addition to the counters.
struct alignas(16) SelectState {
  u64 wave_total[32];         // 1024 threads in waves of 32
  u64 bin_before, bin_count;  // counts before the bin that was searched, and in it
  u32 bin;
  u32 filled;  // entries collected
};
static_assert(sizeof(SelectState) == SelectLayout::state_bytes);

/// Mask of the wave's lanes: all, except in the last wave of a block that is no multiple of W.
template <int W>
KDEV u64 select_lanes() {
  const u32 left = k_threads() - (k_tid() - k_tid() % W);
  return left >= W ? ~static_cast<u64>(0) >> (64 - W) : (static_cast<u64>(1) << left) - 1;
}

/// The sum of `mine` over the threads before this one. Contains a barrier.
template <int W, class Count>
KDEV Count select_before(SelectState& s, Count mine) {
  const u64 lanes = select_lanes<W>();
  const u32 lane = k_tid() % W, wave = k_tid() / W;
  Count sum = mine;
  K_UNROLL
  for (u32 distance = 1; distance < W; distance <<= 1) {
    const Count below = k_shfl_up_mask<W>(lanes, sum, distance);
    if (lane >= distance) sum += below;
  }
  if (lane == W - 1 || k_tid() == k_threads() - 1) s.wave_total[wave] = sum;
  k_sync();
  Count before = sum - mine;
  for (u32 other = 0; other < wave; ++other) before += static_cast<Count>(s.wave_total[other]);
  return before;
}

/// Finds the bin in which the counts, added up from bin 0, reach `want` >= 1, and writes it to the
/// state. The counters must be complete; the caller adds a barrier before it reads the state.
template <int W, class Count>
KDEV void select_bin(SelectState& s, const Count* count, u32 bins, Count want) {
  const u32 each = k_pieces(bins, k_threads());
  const u32 first = k_min(k_tid() * each, bins);
  const u32 last = k_min(first + each, bins);
  Count mine = 0;
  for (u32 bin = first; bin < last; ++bin) mine += count[bin];
  Count before = select_before<W>(s, mine);
  if (before >= want || want - before > mine) return;  // no barrier follows
  for (u32 bin = first; bin < last; ++bin) {
    const Count here = count[bin];
    if (want > before && want - before <= here) {
      s.bin = bin;
      s.bin_before = before;
      s.bin_count = here;
    }
    before += here;
  }
}

/// Adds 1 to the bin of every lane; select_bins is no bin. Lanes with the bin of the wave's first
/// lane are added in one atomic: rows of equal or masked numbers would contend for one counter.
template <int W>
KDEV void select_count(u32* count, u32 bin, u64 lanes) {
  const u32 first = k_shfl_mask<W>(lanes, bin, 0);
  const u64 same = k_ballot_mask<W>(lanes, bin == first);
  const u32 lane = k_tid() % W;
  if (bin < select_bins && (bin != first || lane == 0)) {
    k_atomic_add_block(&count[bin], bin == first ? k_popcount(same) : 1U);
  }
}

/// Counts the digit above `shift` of the entries whose bits above that digit are `prefix`.
template <int W, class Source>
KDEV void select_histogram(u32* count, const Source& source, u64 prefix, u32 shift, u32 bits) {
  const u64 lanes = select_lanes<W>();
  const u32 pieces = source.pieces();
  for (u32 base = 0; base < pieces; base += k_threads()) {
    TopKEntry entry[Source::width];
    source.entries(base + k_tid(), entry);
    u32 bin[Source::width];
    bool any = false;
    K_UNROLL
    for (u32 j = 0; j < Source::width; ++j) {
      const u64 upper = entry[j] >> shift;
      const bool counts = entry[j] != top_k_none && upper >> bits == prefix;
      bin[j] = counts ? static_cast<u32>(upper) & ((1U << bits) - 1) : select_bins;
      any = any || counts;
    }
    if (k_ballot_mask<W>(lanes, any) == 0) continue;
    K_UNROLL
    for (u32 j = 0; j < Source::width; ++j) select_count<W>(count, bin[j], lanes);
  }
}

/// Bits of a selection's entries: keys have key_bits, positions are below 2^position_bits. If
/// position_bits is 0, equal keys are not distinguished and all of them are taken.
struct SelectDigits {
  u32 key_bits, position_bits;
};

/// The entries not above `last`, and their number.
struct Selected {
  TopKEntry last;
  u32 count;
};

/// Selects at least `want` and at most `room` entries out of more than `room` (room >= want >= 1).
/// The first pass reads `first`, the others read `rest`. The last digit leaves one entry per bin. A
/// barrier precedes the return.
template <int W, class First, class Rest>
KDEV Selected select_best(SelectState& s, u32* count, const First& first, const Rest& rest,
                          u32 want, u32 room, SelectDigits digits) {
  u64 prefix = 0;
  u32 low = 32 + digits.key_bits;  // bits below are undecided
  u32 before = 0;                  // entries in earlier bins, over all passes
  for (bool start = true;; start = false) {
    if (low == 32) {
      prefix <<= 32 - digits.position_bits;
      low = digits.position_bits;
    }
    const u32 open = low > 32 ? low - 32 : low;
    const u32 bits = k_min(open, select_digit);
    low -= bits;
    for (u32 bin = k_tid(); bin < select_bins; bin += k_threads()) count[bin] = 0;
    k_sync();
    if (start) {
      select_histogram<W>(count, first, prefix, low, bits);
    } else {
      select_histogram<W>(count, rest, prefix, low, bits);
    }
    k_sync();
    select_bin<W>(s, count, select_bins, want - before);
    k_sync();
    prefix = prefix << bits | s.bin;
    before += static_cast<u32>(s.bin_before);
    const u32 taken = before + static_cast<u32>(s.bin_count);
    const bool last_digit = low == (digits.position_bits == 0 ? 32U : 0U);
    if (taken <= room || last_digit) {
      const u64 last = (prefix + 1) * (static_cast<u64>(1) << low) - 1;
      return {k_min(last, top_k_none - 1), taken};
    }
  }
}

/// Appends the entries not above `limit` to `to`, in any order, and counts them in s.filled. The
/// caller sets s.filled to 0 before its last barrier, and adds a barrier afterwards.
template <int W, class Source>
KDEV void select_collect(SelectState& s, const Source& source, TopKEntry limit, TopKEntry* to) {
  const u64 lanes = select_lanes<W>();
  const u32 lane = k_tid() % W;
  const u32 pieces = source.pieces();
  for (u32 base = 0; base < pieces; base += k_threads()) {
    TopKEntry entry[Source::width];
    source.entries(base + k_tid(), entry);
    bool any = false;
    K_UNROLL
    for (u32 j = 0; j < Source::width; ++j) any = any || entry[j] <= limit;
    if (k_ballot_mask<W>(lanes, any) == 0) continue;
    K_UNROLL
    for (u32 j = 0; j < Source::width; ++j) {
      const bool take = entry[j] <= limit;
      const u64 takers = k_ballot_mask<W>(lanes, take);
      if (takers == 0) continue;
      const u32 leader = k_ffs(takers) - 1;
      u32 slot = 0;
      if (lane == leader) slot = k_atomic_add_block(&s.filled, k_popcount(takers));
      slot = k_shfl_mask<W>(lanes, slot, leader);
      const u64 below = takers & ((static_cast<u64>(1) << lane) - 1);
      if (take) to[slot + k_popcount(below)] = entry[j];
    }
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
