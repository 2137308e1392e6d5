// Every kernel with a seeded bug: with and without the bug, at both wave widths.
#pragma once

#include "tests/planted/planted_loops.hpp"
#include "tests/planted/planted_memory.hpp"
#include "tests/planted/planted_order.hpp"
#include "tests/planted/planted_parts.hpp"
#include "tests/planted/planted_sync.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct NothingShared {};

// NOLINTBEGIN(bugprone-macro-parentheses): template names
#define PLANTED(kernel, Shared)                                              \
  K_ENTRY(#kernel "<clean,w32>", (kernel<32, false>), 32, 1024, Shared),     \
      K_ENTRY(#kernel "<clean,w64>", (kernel<64, false>), 64, 1024, Shared), \
      K_ENTRY(#kernel "<bug,w32>", (kernel<32, true>), 32, 1024, Shared),    \
      K_ENTRY(#kernel "<bug,w64>", (kernel<64, true>), 64, 1024, Shared)
// NOLINTEND(bugprone-macro-parentheses)

inline NativeEntries planted_entries() {
  static const NativeEntry table[] = {
      PLANTED(missing_barrier, PlantedShared),
      PLANTED(warp_synchronous, PlantedShared),
      PLANTED(shuffle_is_no_barrier, PlantedShared),
      PLANTED(wrong_partial_mask, PlantedShared),
      PLANTED(buffer_reused, PlantedShared),
      PLANTED(cross_block_write, NothingShared),
      PLANTED(cross_block_read, NothingShared),
      PLANTED(missing_fence, PlantedShared),
      PLANTED(missing_reader_fence, NothingShared),
      PLANTED(fence_of_one, PlantedShared),
      PLANTED(scope_too_narrow, NothingShared),
      PLANTED(atomic_and_plain, PlantedShared),
      PLANTED(atomics_read_too_soon, PlantedShared),
      PLANTED(same_value, PlantedShared),
      PLANTED(different_values, PlantedShared),
      PLANTED(neighbouring_bytes, PartsShared),
      PLANTED(neighbouring_halves, PartsShared),
      PLANTED(vector_over_scalar, PartsShared),
      PLANTED(vector_partly_written, PartsShared),
      PLANTED(misaligned_vector, NothingShared),
      PLANTED(misaligned_vector_store, NothingShared),
      PLANTED(struct_copy, PartsShared),
      PLANTED(copies_by_memcpy, PartsShared),
      PLANTED(clears_by_memset, PartsShared),
      PLANTED(divergent_barrier, NothingShared),
      PLANTED(barrier_at_two_sites, NothingShared),
      PLANTED(early_return, NothingShared),
      PLANTED(barrier_in_uneven_loop, NothingShared),
      PLANTED(divergent_shuffle, NothingShared),
      PLANTED(reduction_in_two_arms, NothingShared),
      PLANTED(shuffle_out_of_the_block, NothingShared),
      PLANTED(shuffle_outside_of_the_mask, NothingShared),
      PLANTED(mask_without_the_caller, NothingShared),
      PLANTED(masks_that_differ, NothingShared),
      PLANTED(mask_of_32, NothingShared),
      PLANTED(ballot_of_32, NothingShared),
      PLANTED(lane_of_32, NothingShared),
      PLANTED(spin_wait, NothingShared),
      PLANTED(lane_skips_its_write, MemoryShared),
      PLANTED(sum_on_fresh_lds, MemoryShared),
      PLANTED(output_read_first, NothingShared),
      PLANTED(lds_of_the_block_before, MemoryShared),
      PLANTED(past_the_end, NothingShared),
      PLANTED(before_the_start, NothingShared),
      PLANTED(lds_index_times_8, MemoryShared),
      PLANTED(into_the_next_member, MemoryShared),
      PLANTED(reads_z, NothingShared),
      PLANTED(reads_a_global, NothingShared),
      PLANTED(null_pointer, NothingShared),
      PLANTED(local_leaked, MemoryShared),
      PLANTED(too_many_locals, NothingShared),
      PLANTED(product_of_sizes, NothingShared),
      PLANTED(shift_by_the_width, NothingShared),
      PLANTED(division_by_zero, NothingShared),
      PLANTED(endless_loop, NothingShared),
      PLANTED(loop_on_garbage, LoopShared),
      PLANTED(lost_flag, NothingShared),
      PLANTED(endless_votes, NothingShared),
      PLANTED(endless_barriers, NothingShared),
      PLANTED(endless_fences, NothingShared),
      PLANTED(silent_loop, NothingShared),
  };
  return {table, sizeof(table) / sizeof(table[0])};
}

#undef PLANTED

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
