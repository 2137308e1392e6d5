// Step 9 of sampling for a block: finds the entries that top-p keeps, and their mass, by bins of
// mass from small numbers upwards. Masses are whole numbers, so the schedule has no effect.
#pragma once

#include <dialect.hpp>

#include "kernels/common/select/block_select.hpp"
#include "kernels/sampling/native_row.hpp"
#include "kernels/sampling/sampling_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Entries left after some steps: those not above `last`, `count` of them, with total `mass`.
struct SamplingKept {
  TopKEntry last;
  u32 count;
  u64 mass;
};

/// Entries of a source whose key is `key`, reduced to their positions.
template <class Source>
struct SamplingEquals {
  static constexpr u32 width = Source::width;

  Source from;
  u32 key;

  KDEV u32 pieces() const { return from.pieces(); }
  KDEV void entries(u32 piece, TopKEntry* entry) const {
    from.entries(piece, entry);
    K_UNROLL
    for (u32 j = 0; j < width; ++j) {
      const bool equal = static_cast<u32>(entry[j] >> 32) == key;
      entry[j] = equal ? entry[j] & 0xFFFFFFFFU : top_k_none;
    }
  }
};

/// Adds the masses of the entries not above `last` whose inverted key begins with `prefix` to
/// `bin`, by the digit above `shift`. Returns this thread's part of their sum.
template <class Source>
KDEV u64 mass_histogram(u64* bin, const Source& source, SamplingMass mass, TopKEntry last,
                        u32 prefix, u32 shift, u32 bits) {
  u64 sum = 0;
  for (u32 piece = k_tid(); piece < source.pieces(); piece += k_threads()) {
    TopKEntry entry[Source::width];
    source.entries(piece, entry);
    K_UNROLL
    for (u32 j = 0; j < Source::width; ++j) {
      const u32 upper = ~static_cast<u32>(entry[j] >> 32) >> shift;
      if (entry[j] > last || static_cast<u64>(upper) >> bits != prefix) continue;
      const u64 m = mass.of(entry[j]);
      sum += m;
      if (m != 0) k_atomic_add_block(&bin[upper & ((1U << bits) - 1)], m);
    }
  }
  return sum;
}

/// The mass of all entries not above `last`, returned in every thread. `total` is in shared memory;
/// a barrier must separate this call from earlier uses of it. Contains barriers.
template <class Source>
KDEV u64 mass_of(u64* total, const Source& source, SamplingMass mass, TopKEntry last) {
  if (k_tid() == 0) *total = 0;
  k_sync();
  u64 sum = 0;
  for (u32 piece = k_tid(); piece < source.pieces(); piece += k_threads()) {
    TopKEntry entry[Source::width];
    source.entries(piece, entry);
    K_UNROLL
    for (u32 j = 0; j < Source::width; ++j) {
      if (entry[j] <= last) sum += mass.of(entry[j]);
    }
  }
  if (sum != 0) k_atomic_add_block(total, sum);
  k_sync();
  return *total;
}

/// Applies top-p to `kept`: drops entries in order of rising numbers, among equals from the highest
/// position, while the cumulative mass is at most 1 - top_p of the total. At least one entry stays.
template <int W, class Shared, class Source>
KDEV SamplingKept keep_top_p(Shared& s, const Source& source, SamplingMass mass, float top_p,
                             SamplingKept kept, u32 mass_bits, u32 position_bits) {
  u32 prefix = 0;  // of the inverted key at the edge
  u64 left = 0;    // mass that may still be dropped
  u64 dropped = 0;
  if (k_tid() == 0) s.total = 0;
  for (u32 low = 32; low > 0;) {
    const u32 bits = k_min(low, mass_bits);
    const bool start = low == 32;
    low -= bits;
    for (u32 bin = k_tid(); bin < 1U << bits; bin += k_threads()) s.mass[bin] = 0;
    k_sync();
    const u64 mine = mass_histogram(s.mass, source, mass, kept.last, prefix, low, bits);
    if (start && mine != 0) k_atomic_add_block(&s.total, mine);
    k_sync();
    if (start) {
      kept.mass = s.total;
      left = mass.dropped_by(top_p, kept.mass);
    }
    select_bin<W>(s.select, s.mass, 1U << bits, left + 1);
    k_sync();
    left -= s.select.bin_before;
    dropped += s.select.bin_before;
    prefix = prefix << bits | s.select.bin;
  }
  // The last bin contains equal numbers; `left` of its mass is dropped, from the highest positions.
  const u32 key = ~prefix;
  const u64 each = mass.of(static_cast<u64>(key) << 32);
  const u64 equals = s.select.bin_count / each;
  const u64 out = left / each;
  kept.last = static_cast<u64>(key) << 32 | 0xFFFFFFFFU;
  kept.mass -= dropped + out * each;
  k_sync();  // before the state is reused
  if (out > 0) {
    const SamplingEquals<Source> same{source, key};
    const u32 stay = static_cast<u32>(equals - out);
    const Selected best =
        select_best<W>(s.select, s.count, same, same, stay, stay, SelectDigits{0, position_bits});
    kept.last = static_cast<u64>(key) << 32 | best.last;
  }
  return kept;
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
