// Selects from a row of numbers by a team of any size, a pack at a time. A sample gives a guessed
// limit that somewhat more numbers reach than are wanted, one pass keeps the numbers that reach it,
// and bisection finds the exact limit among them. The guess affects speed only.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <limits>

#include "kernels/common/kokkos/pack_masks.hpp"
#include "kernels/common/kokkos/pack_moves.hpp"
#include "kernels/common/kokkos/space_shape.hpp"
#include "kernels/common/kokkos/stored_pack.hpp"
#include "kernels/common/select/order_key.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

template <class Shape>
struct ScanShape : Shape {
  static constexpr int team_size = Shape::is_host ? 1 : 512;
  static constexpr int max_registers = Shape::is_host ? 0 : 56;
  static constexpr int registers = 4;  // packs of a thread that share one test
  // Stretches of a row that are read side by side: with four, a core has more misses in flight.
  static constexpr int streams = Shape::is_host ? 4 : 1;
  static constexpr int bytes_ahead = 2048;
  static constexpr int max_samples = 4096;
  static constexpr int min_kept = 8192;  // capacity for kept numbers, plus 4 for each one wanted

  /// Teams that fill the machine.
  static int teams() { return Shape::is_host ? Space().concurrency() : 256; }
};

/// Sign-and-magnitude bits as a signed number: larger is better (order_key reversed).
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<std::int32_t, W> ranks_of(const Pack<std::uint32_t, W>& bits) {
  const auto p = cast_bits<std::int32_t>(bits);
  return p ^ ((p >> 31) & 0x7FFFFFFF);
}
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t key_of_rank(std::int32_t rank) {
  return static_cast<std::uint32_t>(rank) ^ 0x7FFFFFFFU;
}
KOKKOS_FORCEINLINE_FUNCTION std::int32_t rank_of_key(std::uint32_t key) {
  return static_cast<std::int32_t>(key ^ 0x7FFFFFFFU);
}

/// Numbers of a row, at positions first, first + 1, ... of the whole row.
template <class T>
struct RowSource {
  const T* x;
  std::int32_t first;

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<std::int32_t, W> ranks(int i) const {
    if constexpr (W == 1) {
      return ranks_of(broadcast<Pack<std::uint32_t, 1>>(upper_bits(x[i])));
    } else if constexpr (sizeof(T) == 4) {
      return ranks_of(cast_bits<std::uint32_t>(widen<W>(x + i)));
    } else {  // the bits of f16 have the same order as those of bf16
      return ranks_of(cast_bits<std::uint32_t>(widen<W>(reinterpret_cast<const bf16*>(x + i))));
    }
  }
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<std::int32_t, W> places(int i) const {
    return counted_from<Pack<std::int32_t, W>>(first + i);
  }
};

/// Kept numbers. Both arrays have room for a pack after `capacity`.
struct KeptNumbers {
  std::int32_t *rank, *place;
  std::int32_t* count;  // shared by the team; above `capacity`: some were not stored
  int capacity;

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<std::int32_t, W> ranks(int i) const {
    return load<Pack<std::int32_t, W>>(rank + i);
  }
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<std::int32_t, W> places(int i) const {
    return load<Pack<std::int32_t, W>>(place + i);
  }
};

/// Threads of a team, and this thread's number: constants where a team is one thread.
template <class Shape, class Team>
KOKKOS_FORCEINLINE_FUNCTION int team_threads(const Team& team) {
  if constexpr (Shape::team_size == 1) return 1;
  return team.team_size();
}
template <class Shape, class Team>
KOKKOS_FORCEINLINE_FUNCTION int team_thread(const Team& team) {
  if constexpr (Shape::team_size == 1) return 0;
  return team.team_rank();
}

/// The sum of all threads' values, returned in every thread of the team.
template <class Shape, class Team, class Count>
KOKKOS_FORCEINLINE_FUNCTION Count team_sum(const Team& team, Count mine) {
  if constexpr (Shape::team_size > 1) team.team_reduce(Kokkos::Sum<Count>(mine));
  return mine;
}

/// Calls f.template operator()<W>(i) for packs [i, i + W) that together cover [0,count), the last
/// ones of one number. The team's threads share them.
template <class Shape, class Team, class F>
KOKKOS_FORCEINLINE_FUNCTION void each_pack(const Team& team, int count, const F& f) {
  constexpr int W = Shape::lanes;
  const int packs = count / W;
  const int size = team_threads<Shape>(team), rank = team_thread<Shape>(team);
  for (int i = rank; i < packs; i += size) f.template operator()<W>(i * W);
  for (int i = rank; i < count - packs * W; i += size) f.template operator()<1>(packs * W + i);
}

/// Number of the source's numbers for which `test(ranks, places)` holds. Contains a team barrier.
template <class Shape, class Team, class Source, class Test>
KOKKOS_FORCEINLINE_FUNCTION int count_where(const Team& team, Source source, int count,
                                            const Test& test) {
  constexpr int W = Shape::lanes;
  Mask<W> wide = broadcast<Mask<W>>(0);
  Mask<1> single = broadcast<Mask<1>>(0);
  each_pack<Shape>(team, count, [&]<int N>(int i) {
    const auto held = test(source.template ranks<N>(i), source.template places<N>(i));
    if constexpr (N == W) {
      wide = wide - held;  // true is -1
    } else {
      single = single - held;
    }
  });
  return team_sum<Shape>(team, sum(wide) + single[0]);
}

/// The largest value v from `reached` to `last` for which count_at(v), which falls with v, is at
/// least `wanted`; or a v with a count from `wanted` to `enough`, whichever is found first.
/// `reached` must be such a value.
template <class CountAt>
KOKKOS_FORCEINLINE_FUNCTION std::int32_t halve(std::int32_t reached, std::int32_t last, int wanted,
                                               int enough, const CountAt& count_at) {
  while (last > reached) {
    // 32 bits are enough for the distance, and 64 would take registers of a device.
    const std::uint32_t distance =
        static_cast<std::uint32_t>(last) - static_cast<std::uint32_t>(reached);
    const auto middle = static_cast<std::int32_t>(static_cast<std::uint32_t>(reached) +
                                                  (distance >> 1) + (distance & 1));
    const int here = count_at(middle);
    if (here < wanted) {
      last = middle - 1;
      continue;
    }
    reached = middle;
    if (here <= enough) break;
  }
  return reached;
}

inline constexpr std::int32_t lowest_rank = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int32_t highest_rank = std::numeric_limits<std::int32_t>::max();

/// A rank that somewhat more than `wanted` of `count` numbers reach, if the row resembles its
/// sample: the sample's share, plus four standard deviations and a constant. A larger sample costs
/// a cache miss per 16 numbers, a smaller one lets more numbers pass. `sample` is scratch for
/// ScanShape::max_samples ranks. Returns lowest_rank where a sample is of no use.
template <class S, class Team, class T>
KOKKOS_FUNCTION std::int32_t guess_limit(const Team& team, const RowSource<T>& row, int count,
                                         int wanted, std::int32_t* sample) {
  constexpr int W = S::lanes;
  constexpr int line = 16;  // consecutive numbers in the sample
  const int samples = wanted <= 256 ? S::max_samples / 2 : int{S::max_samples};
  if (count < samples) return lowest_rank;
  const float share =
      static_cast<float>(wanted) * static_cast<float>(samples) / static_cast<float>(count);
  const float more = share + 4 * Kokkos::sqrt(share) + 4;
  if (more >= static_cast<float>(samples)) return lowest_rank;
  const int distance = count / (samples / line);
  for (int i = team_thread<S>(team) * W; i < samples; i += team_threads<S>(team) * W) {
    store(sample + i, row.template ranks<W>(i / line * distance + i % line));
  }
  team.team_barrier();
  const KeptNumbers drawn{sample, sample, nullptr, 0};
  const int some = static_cast<int>(more);
  const std::int32_t limit = halve(lowest_rank, highest_rank, some, some + some / 4, [&](auto v) {
    return count_where<S>(team, drawn, samples, [=](auto r, auto) { return r >= v; });
  });
  team.team_barrier();
  return limit;
}

/// Where a thread appends to its team's list.
template <class S>
struct ListEnd {
  KeptNumbers list;
  std::int32_t mine;  // for a team of one thread: the count

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION void append(const Pack<std::int32_t, W>& ranks,
                                          const Pack<std::int32_t, W>& places, std::uint32_t bits) {
    const int some = Kokkos::popcount(bits);
    std::int32_t at = mine;
    if constexpr (S::team_size > 1) {
      if (some == 0) return;
      at = Kokkos::atomic_fetch_add(list.count, some);
    } else {
      mine += some;  // no branch: a mispredicted one costs more than two stores
    }
    if (at > list.capacity) return;
    store_chosen(list.rank + at, ranks, bits);
    store_chosen(list.place + at, places, bits);
  }
};

/// Empties a list for all threads of the team. Ends with a barrier.
template <class S, class Team>
KOKKOS_FORCEINLINE_FUNCTION ListEnd<S> open_list(const Team& team, const KeptNumbers& list) {
  Kokkos::single(Kokkos::PerTeam(team), [&] { *list.count = 0; });
  team.team_barrier();
  return {list, 0};
}
/// Number of entries that the team has appended. Barriers before and after.
template <class S, class Team>
KOKKOS_FORCEINLINE_FUNCTION int close_list(const Team& team, const ListEnd<S>& end) {
  if constexpr (S::team_size == 1) return end.mine;
  team.team_barrier();
  const int count = *end.list.count;
  team.team_barrier();
  return count;
}

/// Admits ranks of at least `rank`.
struct RankMin {
  std::int32_t rank;

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t admits(const Pack<std::int32_t, W>& ranks,
                                                   const Pack<std::int32_t, W>&) const {
    return bits_at_least(ranks, rank);
  }
};

/// Admits ranks above `rank`, and of equal ranks the positions up to `place`.
struct RankLimit {
  std::int32_t rank, place;

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Mask<W> holds(const Pack<std::int32_t, W>& ranks,
                                            const Pack<std::int32_t, W>& places) const {
    return (ranks > rank) | ((ranks == rank) & (places <= place));
  }
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t admits(const Pack<std::int32_t, W>& ranks,
                                                   const Pack<std::int32_t, W>& places) const {
    return bits_of(holds(ranks, places));
  }
};
inline constexpr std::int32_t any_place = std::numeric_limits<std::int32_t>::max();

/// Keeps the numbers of a row that the limit admits, in any order, and returns how many it admits.
template <class S, class Team, class T, class Limit>
KOKKOS_FUNCTION int keep(const Team& team, RowSource<T> row, int count, Limit limit,
                         const KeptNumbers& list) {
  constexpr int W = S::lanes, registers = S::registers, streams = S::streams;
  using I = Pack<std::int32_t, W>;
  ListEnd<S> end = open_list<S>(team, list);
  const int size = team_threads<S>(team), rank = team_thread<S>(team);
  const int block = registers * W * size;
  const int stretch = count / (streams * block) * block;
  const auto keep_block = [&](int from) {
    if constexpr (S::is_host) {
      constexpr int bytes = registers * W * static_cast<int>(sizeof(T));
      KG_UNROLL for (int line = 0; line < bytes; line += 64) {
        prefetch_near(reinterpret_cast<const char*>(row.x + from) + S::bytes_ahead + line);
      }
    }
    I here[registers];
    KG_UNROLL for (int v = 0; v < registers; ++v) {
      here[v] = row.template ranks<W>(from + (v * size + rank) * W);
    }
    I most = here[0];
    KG_UNROLL for (int v = 1; v < registers; ++v) most = max(most, here[v]);
    if (bits_at_least(most, limit.rank) == 0) return;  // nearly always, after a good guess
    KG_UNROLL for (int v = 0; v < registers; ++v) {
      const I places = row.template places<W>(from + (v * size + rank) * W);
      end.append(here[v], places, limit.admits(here[v], places));
    }
  };
  for (int i = 0; i < stretch; i += block) {
    KG_UNROLL for (int s = 0; s < streams; ++s) keep_block(s * stretch + i);
  }
  const int done = streams * stretch;
  for (int i = rank; i < count - done; i += size) {
    const auto here = row.template ranks<1>(done + i);
    const auto places = row.template places<1>(done + i);
    end.append(here, places, limit.admits(here, places));
  }
  return close_list<S>(team, end);
}

/// The limit that admits exactly `wanted` of the first `count` numbers of the source.
/// 1 <= wanted <= count, and all numbers reach `min`.
template <class S, class Team, class Source>
KOKKOS_FUNCTION RankLimit limit_of(const Team& team, const Source& source, int count, int wanted,
                                   std::int32_t min) {
  const auto reaching = [&](std::int32_t v) {
    return count_where<S>(team, source, count, [=](auto r, auto) { return r >= v; });
  };
  const std::int32_t rank = halve(min, highest_rank, wanted, wanted, reaching);
  if (reaching(rank) == wanted) return {rank, any_place};
  const int above = count_where<S>(team, source, count, [=](auto r, auto) { return r > rank; });
  const int open = wanted - above;
  const std::int32_t before = halve(-any_place, 0, open, open, [&](std::int32_t v) {
    return count_where<S>(team, source, count,
                          [=](auto r, auto p) { return (r == rank) & (p <= -v); });
  });
  return {rank, -before};
}

/// Appends those of the first `count` kept numbers that the limit admits to another list, in any
/// order, and returns how many.
template <class S, class Team>
KOKKOS_FUNCTION int choose(const Team& team, KeptNumbers from, int count, RankLimit limit,
                           const KeptNumbers& to) {
  ListEnd<S> end = open_list<S>(team, to);
  each_pack<S>(team, count, [&]<int N>(int i) {
    const auto ranks = from.template ranks<N>(i);
    const auto places = from.template places<N>(i);
    end.append(ranks, places, limit.admits(ranks, places));
  });
  return close_list<S>(team, end);
}

/// Keeps at least `wanted` numbers of a row, including the best, and returns how many; 0 if the
/// list has no room for what the guess admits. Afterwards all kept numbers reach `min`.
/// 1 <= wanted <= count and wanted <= capacity; `sample` as for guess_limit().
template <class S, class Team, class T>
KOKKOS_FUNCTION int keep_best(const Team& team, const RowSource<T>& row, int count, int wanted,
                              const KeptNumbers& list, std::int32_t* sample, std::int32_t& min) {
  min = lowest_rank;
  if (count > list.capacity) {
    min = guess_limit<S>(team, row, count, wanted, sample);
    if (min == lowest_rank) return 0;
  }
  const int reaching = keep<S>(team, row, count, RankMin{min}, list);
  if (reaching <= list.capacity) return reaching < wanted ? 0 : reaching;
  // Many numbers are equal: keeps those at the front, enough if they are evenly distributed.
  const int above = count_where<S>(team, row, count,
                                   [=](auto r, auto) { return r > broadcast<decltype(r)>(min); });
  if (above >= wanted) return 0;
  const auto open = static_cast<float>(wanted - above);
  const float share = (open + 4 * Kokkos::sqrt(open) + 4) / static_cast<float>(reaching - above);
  float part = share * static_cast<float>(count);
  while (part < static_cast<float>(count)) {
    const RankLimit front{min, row.first + static_cast<std::int32_t>(part)};
    const int kept = keep<S>(team, row, count, front, list);
    if (kept >= wanted) return kept <= list.capacity ? kept : 0;
    part *= 8;
  }
  return 0;
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
