// Exact selection by a team of any size: histograms of up to 11 bits at a time narrow down the last
// entry wanted. Counts are whole numbers, so the order in which threads add does not matter, and
// the result has the same bits for every team size.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "kernels/common/kokkos/space_shape.hpp"
#include "kernels/common/select/order_key.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// 2048 counters and the results of their scan: slightly over 8 KiB of a team's scratch.
struct alignas(8) RadixScratch {
  static constexpr int digit_bits = 11, bins = 1 << digit_bits;
  std::uint32_t count[bins];
  std::uint32_t found_bin;
  std::uint32_t found_count;
  std::uint32_t found_before;
};

/// The largest value such that exactly `want` of source(0..count) are not above it. The entries are
/// all different, their positions have `position_bits`, and at least `want` >= 1 of them are not
/// no_entry. Every thread of the team must call it, and gets the same result. Barriers precede the
/// first read of the source and follow the last read of the scratch.
template <class Shape, class Team, class Source>
KOKKOS_FUNCTION Entry select_limit(const Team& team, const Source& source, int count, int want,
                                   int position_bits, RadixScratch* scratch) {
  Entry prefix = 0;
  int low = 64;  // bits from here on are decided; below them prefix is 0
  while (low > 0) {
    // Skips the position bits that are 0 in all entries.
    const int decided = low == 32 && position_bits > 0 ? position_bits : low;
    const int open = decided > 32 ? decided - 32 : decided;
    const int bits = open < RadixScratch::digit_bits ? open : int{RadixScratch::digit_bits};
    low = decided - bits;
    const auto digit_of = [=](Entry e) {
      return static_cast<std::uint32_t>(e >> low) & ((1U << bits) - 1);
    };
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, int{RadixScratch::bins}),
                         [&](int bin) { scratch->count[bin] = 0; });
    team.team_barrier();
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, count), [&](int i) {
      const Entry e = source(i);
      if ((e ^ prefix) >> 1 >> (decided - 1) == 0) {
        fetch_add<Shape>(&scratch->count[digit_of(e)], std::uint32_t{1});
      }
    });
    team.team_barrier();
    Kokkos::parallel_scan(Kokkos::TeamThreadRange(team, int{RadixScratch::bins}),
                          [&](int bin, std::uint32_t& before, bool final) {
                            const std::uint32_t here = scratch->count[bin];
                            const auto wanted = static_cast<std::uint32_t>(want);
                            if (final && before < wanted && wanted - before <= here) {
                              scratch->found_bin = static_cast<std::uint32_t>(bin);
                              scratch->found_count = here;
                              scratch->found_before = before;
                            }
                            before += here;
                          });
    team.team_barrier();
    want -= static_cast<int>(scratch->found_before);
    prefix |= Entry{scratch->found_bin} << low;
    const bool all_taken = static_cast<std::uint32_t>(want) == scratch->found_count;
    team.team_barrier();  // before the next pass clears what was just read
    if (all_taken) break;
  }
  return prefix | ((Entry{1} << low) - 1);
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
