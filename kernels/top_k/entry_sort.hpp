// Sorts entries in memory that a team shares.
#pragma once

#include <Kokkos_Core.hpp>

#include "kernels/common/kokkos/pack_moves.hpp"
#include "kernels/common/select/row_scan.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Sorts 2^bits entries in rising order by a bitonic network. A step of the network exchanges
/// entries whose numbers differ in low bits far more often than in high ones. So the entry with
/// number i is stored at at(i), which is i rotated by the number of bits of a pack of entries:
/// nearly every step then exchanges whole packs.
template <class Shape>
struct EntrySort {
  static constexpr int side = Shape::lanes > 1 ? Shape::lanes / 2 : 1;  // entries of a pack
  static constexpr int side_bits = side == 8 ? 3 : side == 4 ? 2 : side == 2 ? 1 : 0;

  int bits;  // at least side_bits

  /// Minimum bits for `count` entries.
  static int bits_for(std::int64_t count) {
    int bits = side_bits;
    while ((std::int64_t{1} << bits) < count) ++bits;
    return bits;
  }
  KOKKOS_FORCEINLINE_FUNCTION int size() const { return 1 << bits; }
  KOKKOS_FORCEINLINE_FUNCTION int at(int i) const {
    return ((i << side_bits) & (size() - 1)) | (i >> (bits - side_bits));
  }

  /// Ends with a barrier; the caller provides one before it.
  template <class Team>
  KOKKOS_FUNCTION void sort(const Team& team, Entry* entries) const {
    for (int run = 1; run <= bits; ++run) {
      for (int bit = run - 1; bit >= 0; --bit) {
        // The first step of a run pairs its two halves from opposite ends, the others from the
        // front: then all exchanges have one direction.
        const int differ = at(bit == run - 1 ? (1 << run) - 1 : 1 << bit);
        const int low_bit = at(1 << bit);
        if (low_bit >= side) {
          exchange_packs(team, entries, low_bit, differ);
        } else {
          exchange_numbers<side / 2>(team, entries, low_bit, differ);
        }
        team.team_barrier();
      }
    }
  }

 private:
  using P = Pack<Entry, side>;

  template <class Team>
  KOKKOS_FORCEINLINE_FUNCTION void exchange_packs(const Team& team, Entry* entries, int low_bit,
                                                  int differ) const {
    const int groups = size() / 2 / side, step = team_threads<Shape>(team);
    for (int group = team_thread<Shape>(team); group < groups; group += step) {
      const int pair = group * side;
      const int low = (pair & ~(low_bit - 1)) << 1 | (pair & (low_bit - 1));
      const int high = low ^ differ;
      const P a = load<P>(entries + low), b = load<P>(entries + high);
      store(entries + low, min(a, b));
      store(entries + high, max(a, b));
    }
  }

  // Steps whose pairs are in one pack: their numbers differ in Bit, or in Bit and all bits below.
  template <int Bit, class Team>
  KOKKOS_FORCEINLINE_FUNCTION void exchange_numbers([[maybe_unused]] const Team& team,
                                                    [[maybe_unused]] Entry* entries,
                                                    [[maybe_unused]] int low_bit,
                                                    [[maybe_unused]] int differ) const {
    if constexpr (Bit > 0) {
      if (low_bit < Bit) {
        exchange_numbers<Bit / 2>(team, entries, low_bit, differ);
      } else if ((differ & (side - 1)) == Bit) {
        exchange_turned<Bit, Bit>(team, entries, differ & ~(side - 1));
      } else {
        exchange_turned<Bit, 2 * Bit - 1>(team, entries, differ & ~(side - 1));
      }
    }
  }
  template <int Bit, int Turned, class Team>
  KOKKOS_FORCEINLINE_FUNCTION void exchange_turned(const Team& team, Entry* entries,
                                                   int differ) const {
    const int all = size(), step = team_threads<Shape>(team) * side;
    for (int pack = team_thread<Shape>(team) * side; pack < all; pack += step) {
      const int other = pack ^ differ;
      if (other < pack) continue;
      const P a = load<P>(entries + pack), b = load<P>(entries + other);
      const P from_b = turned<Turned>(b), from_a = turned<Turned>(a);
      store(entries + pack, mixed<Bit>(min(a, from_b), max(a, from_b)));
      store(entries + other, mixed<Bit>(min(b, from_a), max(b, from_a)));
    }
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
