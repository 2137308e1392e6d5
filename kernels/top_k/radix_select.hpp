// Exact selection by a team of any size: histograms of 11 bits at a time narrow down the entry that
// is the last one wanted. Counts are whole numbers, so the order in which threads add is of no
// consequence and the result has the same bits for every team size.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "kernels/top_k/order_key.hpp"

namespace kernelgate {

/// 2048 counters and what the scan of them found: 8 KiB and a bit of a team's scratch.
struct alignas(8) RadixScratch {
  static constexpr int bins = 2048;
  std::uint32_t count[bins];
  std::uint32_t found_bin;
  std::uint32_t found_count;
  std::uint32_t found_before;
};

/// Digits of an Entry from the top: 11, 11, 10 bits of the key, then of the position.
struct Digit {
  int shift;
  int bits;
};
KOKKOS_INLINE_FUNCTION Digit digit_of_pass(int pass) {
  const int shifts[] = {53, 42, 32, 21, 10, 0};
  const int widths[] = {11, 11, 10, 11, 11, 10};
  return {shifts[pass], widths[pass]};
}

/// The largest value such that exactly `want` of source(0..count) are not above it; the entries are
/// all different, and at least `want` of them are not no_entry. For want = 0 nothing is selected.
/// Every thread of the team calls it and gets the same answer.
template <class Team, class Source>
KOKKOS_FUNCTION Entry select_limit(const Team& team, const Source& source, std::int64_t count,
                                   std::int64_t want, RadixScratch* scratch) {
  Entry prefix = 0;
  Entry decided = 0;  // mask of the bits that prefix fixes
  for (int pass = 0; pass < 6; ++pass) {
    const Digit digit = digit_of_pass(pass);
    const Entry mask = (Entry{1} << digit.bits) - 1;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, RadixScratch::bins),
                         [&](int bin) { scratch->count[bin] = 0; });
    team.team_barrier();
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, count), [&](std::int64_t i) {
      const Entry e = source(i);
      if ((e & decided) == prefix) Kokkos::atomic_inc(&scratch->count[(e >> digit.shift) & mask]);
    });
    team.team_barrier();
    Kokkos::parallel_scan(Kokkos::TeamThreadRange(team, RadixScratch::bins),
                          [&](int bin, std::uint32_t& before, bool final) {
                            const std::uint32_t here = scratch->count[bin];
                            if (final && before < want && want <= std::int64_t{before} + here) {
                              scratch->found_bin = static_cast<std::uint32_t>(bin);
                              scratch->found_count = here;
                              scratch->found_before = before;
                            }
                            before += here;
                          });
    team.team_barrier();
    want -= scratch->found_before;
    prefix |= Entry{scratch->found_bin} << digit.shift;
    decided |= mask << digit.shift;
    const bool all_taken = want == scratch->found_count;
    team.team_barrier();  // before the next pass clears what was just read
    if (all_taken) break;
  }
  return prefix | ~decided;
}

/// Sorts `size` entries, a power of two, rising, in memory that the whole team shares.
template <class Team>
KOKKOS_FUNCTION void bitonic_sort(const Team& team, Entry* entries, int size) {
  for (int run = 2; run <= size; run *= 2) {
    for (int step = run / 2; step > 0; step /= 2) {
      Kokkos::parallel_for(Kokkos::TeamThreadRange(team, size / 2), [&](int pair) {
        const int low = 2 * step * (pair / step) + pair % step;
        const int high = low + step;
        const bool rising = (low & run) == 0;
        const Entry a = entries[low];
        const Entry b = entries[high];
        if ((a > b) == rising) {
          entries[low] = b;
          entries[high] = a;
        }
      });
      team.team_barrier();
    }
  }
}

}  // namespace kernelgate
