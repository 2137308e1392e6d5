// The two kernels of top_k's portable form, for the variant and for tests that choose team sizes.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/top_k/radix_select.hpp"

namespace kernelgate {

template <class T>
struct TopKViews {
  DeviceView<T> logits;
  DeviceView<std::int32_t> length, index;
  DeviceView<T> value;
};

/// Selects the best k of one slice of a row: entries and their number, in any order.
template <class T>
struct TopKSlice {
  using Policy = Kokkos::TeamPolicy<Space>;
  TopKViews<T> view;
  DeviceView<Entry> found;               // [rows, slices, k]
  DeviceView<std::int32_t> found_count;  // [rows, slices]
  std::int64_t columns, k, slices;

  KOKKOS_FUNCTION void operator()(const Policy::member_type& team) const {
    const std::int64_t row = team.league_rank() / slices;
    const std::int64_t slice = team.league_rank() % slices;
    const std::int64_t wide = (columns + slices - 1) / slices;
    const std::int64_t length = view.length[row];
    const std::int64_t begin = slice * wide < length ? slice * wide : length;
    const std::int64_t end = begin + wide < length ? begin + wide : length;
    const std::int64_t take = end - begin < k ? end - begin : k;
    auto* scratch = static_cast<RadixScratch*>(team.team_shmem().get_shmem(sizeof(RadixScratch)));
    const T* x = view.logits.data() + row * columns;
    const auto source = [=](std::int64_t i) { return entry_of(x[begin + i], begin + i); };
    std::int32_t* counter = &found_count[team.league_rank()];
    Kokkos::single(Kokkos::PerTeam(team), [&] { *counter = 0; });
    team.team_barrier();
    if (take == 0) return;
    const Entry limit =
        take == end - begin ? no_entry : select_limit(team, source, end - begin, take, scratch);
    Entry* out = found.data() + team.league_rank() * k;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, end - begin), [&](std::int64_t i) {
      const Entry e = source(i);
      if (e <= limit) out[Kokkos::atomic_fetch_add(counter, 1)] = e;
    });
  }
};

/// Merges the slices' entries into the best k of a row, sorted.
template <class T>
struct TopKMerge {
  using Policy = Kokkos::TeamPolicy<Space>;
  TopKViews<T> view;
  DeviceView<Entry> found;
  DeviceView<std::int32_t> found_count, taken;  // taken: [rows], a counter in use while a team runs
  std::int64_t k, slices;
  int sort_size;  // k or more, a power of two

  KOKKOS_FUNCTION std::size_t scratch_bytes() const {
    const std::size_t entries = static_cast<std::size_t>(sort_size) * sizeof(Entry);
    return entries > sizeof(RadixScratch) ? entries : sizeof(RadixScratch);
  }

  KOKKOS_FUNCTION void operator()(const Policy::member_type& team) const {
    const std::int64_t row = team.league_rank();
    // One block serves twice: counters while selecting, then the entries to be sorted.
    void* block = team.team_shmem().get_shmem(scratch_bytes());
    auto* scratch = static_cast<RadixScratch*>(block);
    auto* best = static_cast<Entry*>(block);
    std::int32_t* counter = &taken[row];
    const std::int64_t length = view.length[row];
    const std::int64_t take = length < k ? length : k;
    const std::int64_t candidates = slices * k;
    const auto source = [&](std::int64_t i) {
      const std::int64_t slice = row * slices + i / k;
      return i % k < found_count[slice] ? found[slice * k + i % k] : no_entry;
    };
    Entry limit = no_entry - 1;  // a lone slice has nothing to be chosen from
    if (slices > 1 && take > 0) limit = select_limit(team, source, candidates, take, scratch);
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, sort_size),
                         [&](int i) { best[i] = no_entry; });
    Kokkos::single(Kokkos::PerTeam(team), [&] { *counter = 0; });
    team.team_barrier();
    if (take > 0) {
      Kokkos::parallel_for(Kokkos::TeamThreadRange(team, candidates), [&](std::int64_t i) {
        const Entry e = source(i);
        if (e <= limit && e != no_entry) best[Kokkos::atomic_fetch_add(counter, 1)] = e;
      });
    }
    team.team_barrier();
    bitonic_sort(team, best, sort_size);
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, k), [&](std::int64_t j) {
      const bool filled = j < take;
      view.index[row * k + j] = filled ? position_of(best[j]) : -1;
      view.value[row * k + j] =
          filled ? value_of_key<T>(key_of(best[j])) : from_float<T>(-INFINITY);
    });
  }
};

/// Both kernels with their workspace. How a row is sliced follows from the shape alone.
template <class T>
class TopKTeams {
 public:
  TopKTeams(std::int64_t rows, std::int64_t columns, std::int64_t k, const TopKViews<T>& view)
      : rows_(rows),
        slices_(rows >= 64 ? 1 : std::clamp<std::int64_t>(columns / (4 * k + 16384), 1, 10)),
        found_("found", static_cast<std::size_t>(rows * slices_ * k)),
        count_("found count", static_cast<std::size_t>(rows * slices_)),
        slice_{view, found_, count_, columns, k, slices_},
        merge_{view,
               found_,
               count_,
               DeviceView<std::int32_t>("taken", static_cast<std::size_t>(rows)),
               k,
               slices_,
               static_cast<int>(std::bit_ceil(static_cast<std::uint64_t>(k)))} {}

  /// Scratch of a team in bytes: at most 32 KiB, the limit of Kokkos' OpenMP space.
  std::size_t slice_scratch() const { return sizeof(RadixScratch); }
  std::size_t merge_scratch() const { return merge_.scratch_bytes(); }

  /// `team` is a number of threads or Kokkos::AUTO.
  template <class TeamSize>
  void run(TeamSize team) const {
    using Policy = Kokkos::TeamPolicy<Space>;
    Kokkos::parallel_for("top_k slices",
                         Policy(static_cast<int>(rows_ * slices_), team)
                             .set_scratch_size(0, Kokkos::PerTeam(slice_scratch())),
                         slice_);
    Kokkos::parallel_for(
        "top_k merge",
        Policy(static_cast<int>(rows_), team).set_scratch_size(0, Kokkos::PerTeam(merge_scratch())),
        merge_);
    Kokkos::fence();
  }

 private:
  std::int64_t rows_, slices_;
  DeviceView<Entry> found_;
  DeviceView<std::int32_t> count_;
  TopKSlice<T> slice_;
  TopKMerge<T> merge_;
};

}  // namespace kernelgate
