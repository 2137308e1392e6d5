// top_k, native: blocks select the k best of slices of a row, then one block per row selects and
// sorts the k best of those. The best of a row are among the best of its slices, however it is cut.
#pragma once

#include <dialect.hpp>

#include "kernels/common/select/block_entries.hpp"
#include "kernels/common/select/block_select.hpp"
#include "kernels/top_k/native_sort.hpp"
#include "kernels/top_k/top_k_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Shared memory of a slice: state and counters, then a copy of the slice.
template <class T, TopKLayout layout>
struct TopKSliceShared {
  static constexpr u32 capacity = static_cast<u32>(layout.slice_capacity(sizeof(T)));

  SelectState select;
  u32 count[select_bins];
  alignas(16) T copy[capacity];
};

/// Counters during selection, then the entries to sort; candidates too, where there is room.
template <TopKLayout layout>
struct TopKMergeShared {
  static constexpr u32 capacity = static_cast<u32>(layout.merge_capacity());

  SelectState select;
  union {
    u32 count[select_bins];
    TopKEntry sorted[layout.sort_bytes() / layout.entry_bytes];
  };
  alignas(16) u64 copy[capacity > 0 ? capacity : 2];
};

/// Number of valid entries of a row, clamped to [0,columns] whatever the tensor contains.
KDEV u32 top_k_length(const i32* length, u32 row, u32 columns) {
  const i32 n = length[row];
  return n < 0 ? 0 : k_min(static_cast<u32>(n), columns);
}
/// First position of slice s of a row; slice `slices` begins at the end.
KDEV u32 top_k_cut(u32 length, u32 s, u32 slices) {
  return static_cast<u32>(static_cast<u64>(length) * s / slices);
}

/// candidate[row,slice,.] = the best min(k, slice length) entries of the slice in any order, then
/// top_k_none. One block per slice, grid = rows * slices along x.
template <class T, int W, std::int64_t lds_bytes, std::int64_t most>
KGLOBAL KBOUNDS(1024) void top_k_slice(const T* logits, const i32* length, u64* candidate,
                                       u32 columns, u32 slices, u32 k, u32 position_bits) {
  constexpr TopKLayout layout{lds_bytes, most};
  using Shared = TopKSliceShared<T, layout>;
  static_assert(sizeof(Shared) <= layout.lds_bytes, "fits the smallest device it is for");
  K_SHARED(Shared, s);
  const u32 row = k_block() / slices, slice = k_block() % slices;
  const u32 n = top_k_length(length, row, columns);
  const u32 begin = top_k_cut(n, slice, slices), end = top_k_cut(n, slice + 1, slices);
  const u64 first = static_cast<u64>(row) * columns + begin;
  const TopKGlobal<T> global = top_k_global(logits, first, end - begin, begin);
  const SelectDigits digits{top_k_key_bits<T>, position_bits};
  TopKEntry* to = candidate + static_cast<u64>(k_block()) * k;
  if (k_tid() == 0) s.select.filled = 0;
  k_sync();
  if (end - begin <= k) {
    select_collect<W>(s.select, global, top_k_none - 1, to);
  } else if (global.span.end <= Shared::capacity) {
    const TopKStaging<T> staging{global, s.copy};
    const TopKStaged<T> staged{s.copy, global.span};
    const Selected best = select_best<W>(s.select, s.count, staging, staged, k, k, digits);
    select_collect<W>(s.select, staged, best.last, to);
  } else {
    const Selected best = select_best<W>(s.select, s.count, global, global, k, k, digits);
    select_collect<W>(s.select, global, best.last, to);
  }
  k_sync();
  for (u32 j = s.select.filled + k_tid(); j < k; j += k_threads()) to[j] = top_k_none;
}

/// index[row,.], value[row,.] from candidate[row,.,.]. One block per row; k <= max_sorted.
template <class T, int W, std::int64_t lds_bytes, std::int64_t most>
KGLOBAL KBOUNDS(1024) void top_k_merge(const u64* candidate, const i32* length, i32* index,
                                       T* value, u32 columns, u32 slices, u32 k,
                                       u32 position_bits) {
  constexpr TopKLayout layout{lds_bytes, most};
  using Shared = TopKMergeShared<layout>;
  static_assert(sizeof(Shared) <= layout.lds_bytes, "fits the smallest device it is for");
  K_SHARED(Shared, s);
  constexpr u32 max_sorted = static_cast<u32>(layout.max_sorted);
  const u32 row = k_block();
  const u32 n = top_k_length(length, row, columns);
  const u32 slots = slices * k;
  // Slices have n / slices entries or one more: either all entries are candidates, or all slots are
  // filled.
  const u32 candidates = k_pieces(n, slices) <= k ? n : slots;
  const TopKGlobal<u64> global = top_k_global(candidate, static_cast<u64>(row) * slots, slots, 0);
  const SelectDigits digits{top_k_key_bits<T>, position_bits};
  if (k_tid() == 0) s.select.filled = 0;
  k_sync();
  if (candidates <= max_sorted) {
    select_collect<W>(s.select, global, top_k_none - 1, s.sorted);
  } else if (global.span.end <= Shared::capacity) {
    const TopKStaging<u64> staging{global, s.copy};
    const TopKStaged<u64> staged{s.copy, global.span};
    const Selected best = select_best<W>(s.select, s.count, staging, staged, k, max_sorted, digits);
    select_collect<W>(s.select, staged, best.last, s.sorted);
  } else {
    const Selected best = select_best<W>(s.select, s.count, global, global, k, max_sorted, digits);
    select_collect<W>(s.select, global, best.last, s.sorted);
  }
  k_sync();
  u32 sorted = 1;
  while (sorted < s.select.filled) sorted <<= 1;
  for (u32 j = s.select.filled + k_tid(); j < sorted; j += k_threads()) s.sorted[j] = top_k_none;
  sort_entries<W>(s.sorted, sorted);
  const T lowest = k_from_float<T>(k_float(0xFF800000U));
  for (u32 j = k_tid(); j < k; j += k_threads()) {
    const TopKEntry entry = j < sorted ? s.sorted[j] : top_k_none;
    const bool none = entry == top_k_none;
    const u64 at = static_cast<u64>(row) * k + j;
    index[at] = none ? -1 : static_cast<i32>(entry & 0x7FFFFFFFU);
    value[at] = none ? lowest : top_k_value<T>(entry);
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
