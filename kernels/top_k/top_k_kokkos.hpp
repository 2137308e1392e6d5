// Both kernels of portable top_k, for the variant and for tests that choose team sizes.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "harness/core/pieces.hpp"
#include "kernels/common/kokkos/staging.hpp"
#include "kernels/common/select/row_scan.hpp"
#include "kernels/top_k/entry_sort.hpp"
#include "kernels/top_k/radix_select.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

template <class T>
struct TopKViews {
  DeviceView<T> logits;
  DeviceView<std::int32_t> length, index;
  DeviceView<T> value;
};

/// How rows are cut, and where a slice keeps its numbers. Both follow from the case and the
/// machine; the result depends on neither.
struct TopKPlan {
  int columns, k, slices;
  int capacity;  // numbers that a slice can keep
  int position_bits;

  static constexpr int max_sorted = 4096;

  template <class S>
  static TopKPlan of(std::int64_t rows, std::int64_t columns, std::int64_t k) {
    const std::int64_t slices = std::clamp<std::int64_t>(columns / (4 * k + 2 * S::min_kept), 1,
                                                         pieces<std::int64_t>(S::teams(), rows));
    return {static_cast<int>(columns), static_cast<int>(k), static_cast<int>(slices),
            static_cast<int>(4 * k) + S::min_kept,
            static_cast<int>(std::bit_width(static_cast<std::uint64_t>(columns - 1)))};
  }
  /// Length of a slice's arrays: the kept numbers, then the chosen ones.
  template <class S>
  KOKKOS_FUNCTION std::int64_t stride() const {
    return std::int64_t{capacity} + k + 2 * S::lanes;
  }
  /// Whether the merge sorts all candidates of a row; otherwise it first selects among them.
  bool sorts_all() const { return slices * k <= max_sorted; }
  template <class S>
  EntrySort<S> sort() const {
    return {EntrySort<S>::bits_for(sorts_all() ? slices * k : k)};
  }
};

/// Memory that a team shares: numbers during selection, then the entries to sort.
struct TopKScratch {
  static constexpr std::size_t aligned = 64;

  template <class S>
  static std::size_t bytes_of(int entries) {
    const std::size_t sample = sizeof(std::int32_t) * S::max_samples;
    return std::max({entries * sizeof(Entry), sample, sizeof(RadixScratch)}) + 2 * aligned;
  }

  std::int32_t* count;
  void* block;

  template <class S>
  KOKKOS_FUNCTION TopKScratch(const S&, const ShapedTeam& team, std::size_t bytes) {
    auto* all = static_cast<char*>(
        team.team_scratch(int{S::scratch_level}).get_shmem_aligned(bytes - aligned, aligned));
    count = reinterpret_cast<std::int32_t*>(all);
    block = all + aligned;
  }
};

/// Sorts the `filled` entries entry(0), entry(1), ... of a row in scratch and writes the best k.
template <class S, class T, class EntryAt>
KOKKOS_FUNCTION void write_best(const ShapedTeam& team, const TopKViews<T>& view, std::int64_t row,
                                int k, const EntrySort<S>& sort, Entry* entries, int filled,
                                const EntryAt& entry) {
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, sort.size()),
                       [&](int i) { entries[i] = i < filled ? entry(i) : no_entry; });
  team.team_barrier();
  sort.sort(team, entries);
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, k), [&](int j) {
    const Entry e = j < sort.size() ? entries[sort.at(j)] : no_entry;
    view.index[row * k + j] = e == no_entry ? -1 : position_of(e);
    view.value[row * k + j] = e == no_entry ? from_float<T>(-INFINITY) : value_of_key<T>(key_of(e));
  });
}

/// Chooses the best k of one slice of a row, in any order; if it is the only slice, writes them
/// sorted.
template <class S, class T>
struct TopKSlice {
  TopKViews<T> view;
  DeviceView<std::int32_t> rank, place;   // [rows, slices, plan.stride()]
  DeviceView<std::int32_t> chosen_count;  // [rows, slices]
  TopKPlan plan;
  EntrySort<S> sort;
  std::size_t scratch_bytes;

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const int task = team.league_rank(), row = task / plan.slices, slice = task % plan.slices;
    const int length = view.length[row];
    const int count = length / plan.slices + (slice < length % plan.slices ? 1 : 0);
    const int begin = slice * (length / plan.slices) + Kokkos::min(slice, length % plan.slices);
    const TopKScratch scratch(S{}, team, scratch_bytes);
    const RowSource<T> source{view.logits.data() + std::int64_t{row} * plan.columns + begin, begin};
    const std::int64_t at = task * plan.template stride<S>();
    const KeptNumbers kept{rank.data() + at, place.data() + at, scratch.count, plan.capacity};
    const int some = count == 0 ? 0 : select(team, source, count, kept, scratch.block);
    if (plan.slices > 1) {
      Kokkos::single(Kokkos::PerTeam(team), [&] { chosen_count[task] = some; });
    } else {
      write_best(team, view, row, plan.k, sort, static_cast<Entry*>(scratch.block), some,
                 [&, chosen = chosen_of(kept)](int i) {
                   return Entry{key_of_rank(chosen.rank[i])} << 32 |
                          static_cast<std::uint32_t>(chosen.place[i]);
                 });
    }
  }

 private:
  /// The list of chosen numbers, which follows that of kept ones.
  KOKKOS_FORCEINLINE_FUNCTION KeptNumbers chosen_of(const KeptNumbers& kept) const {
    const int at = plan.capacity + S::lanes;
    return {kept.rank + at, kept.place + at, kept.count, plan.k};
  }

  KOKKOS_FUNCTION int select(const ShapedTeam& team, const RowSource<T>& source, int count,
                             const KeptNumbers& kept, void* scratch) const {
    const int take = count < plan.k ? count : plan.k;
    std::int32_t min = lowest_rank;
    const int some =
        keep_best<S>(team, source, count, take, kept, static_cast<std::int32_t*>(scratch), min);
    if (some > 0) {
      return choose<S>(team, kept, some, limit_of<S>(team, kept, some, take, min), chosen_of(kept));
    }
    const auto entry = [&](int i) { return entry_of(source.x[i], source.first + i); };
    const Entry last = select_limit<S>(team, entry, count, take, plan.position_bits,
                                       static_cast<RadixScratch*>(scratch));
    return keep<S>(team, source, count, RankLimit{rank_of_key(key_of(last)), position_of(last)},
                   chosen_of(kept));
  }
};

/// Merges the slices' choices into the best k of a row, sorted.
template <class S, class T>
struct TopKMerge {
  TopKViews<T> view;
  DeviceView<std::int32_t> rank, place, chosen_count;
  TopKPlan plan;
  EntrySort<S> sort;
  bool sorts_all;
  std::size_t scratch_bytes;

  KOKKOS_FUNCTION Entry candidate(std::int64_t row, std::int64_t i) const {
    const std::int64_t task = row * plan.slices + i / plan.k, at = i % plan.k;
    if (at >= chosen_count[task]) return no_entry;
    const std::int64_t from = task * plan.template stride<S>() + plan.capacity + S::lanes + at;
    return Entry{key_of_rank(rank[from])} << 32 | static_cast<std::uint32_t>(place[from]);
  }

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const std::int64_t row = team.league_rank();
    const TopKScratch scratch(S{}, team, scratch_bytes);
    auto* entries = static_cast<Entry*>(scratch.block);
    const int candidates = plan.slices * plan.k;
    const auto entry = [&](int i) { return candidate(row, i); };
    if (sorts_all) {
      write_best(team, view, row, plan.k, sort, entries, candidates, entry);
      return;
    }
    Entry last = no_entry - 1;
    if (view.length[row] > plan.k) {
      last = select_limit<S>(team, entry, candidates, plan.k, plan.position_bits,
                             static_cast<RadixScratch*>(scratch.block));
    }
    Kokkos::single(Kokkos::PerTeam(team), [&] { *scratch.count = 0; });
    team.team_barrier();
    Entry* best = entries;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, candidates), [&](int i) {
      const Entry e = entry(i);
      if (e <= last && e != no_entry) best[fetch_add<S>(scratch.count, 1)] = e;
    });
    team.team_barrier();
    const int filled = *scratch.count;
    write_best(team, view, row, plan.k, sort, entries, filled, [&](int i) { return best[i]; });
  }
};

/// Both kernels with their workspace.
template <class Shape, class T>
class TopKTeams {
 public:
  using S = ScanShape<Shape>;

  TopKTeams(std::int64_t rows, std::int64_t columns, std::int64_t k, const TopKViews<T>& view)
      : rows_(rows), plan_(TopKPlan::of<S>(rows, columns, k)) {
    const auto tasks = static_cast<std::size_t>(rows * plan_.slices);
    const std::size_t kept = tasks * static_cast<std::size_t>(plan_.stride<S>());
    const DeviceView<std::int32_t> rank(Kokkos::view_alloc("rank", Kokkos::WithoutInitializing),
                                        kept);
    const DeviceView<std::int32_t> place(Kokkos::view_alloc("place", Kokkos::WithoutInitializing),
                                         kept);
    const DeviceView<std::int32_t> chosen("chosen count", tasks);
    const EntrySort<S> sort = plan_.sort<S>();
    const std::size_t bytes = TopKScratch::bytes_of<S>(sort.size());
    slice_ = {view, rank, place, chosen, plan_, sort, bytes};
    merge_ = {view, rank, place, chosen, plan_, sort, plan_.sorts_all(), bytes};
  }

  std::size_t scratch_bytes() const { return slice_.scratch_bytes; }

  void run(int team_size = S::team_size) const {
    Kokkos::parallel_for("top_k slices",
                         teams_of<S>(rows_ * plan_.slices, scratch_bytes(), team_size), slice_);
    if (plan_.slices > 1) {
      Kokkos::parallel_for("top_k merge", teams_of<S>(rows_, scratch_bytes(), team_size), merge_);
    }
    Kokkos::fence();
  }

 private:
  std::int64_t rows_;
  TopKPlan plan_;
  TopKSlice<S, T> slice_;
  TopKMerge<S, T> merge_;
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
