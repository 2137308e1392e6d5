// Every kernel of the failure tests at both wave widths.
#pragma once

#include "tests/failures/row_kernels.hpp"
#include "tests/failures/select_kernels.hpp"
#include "tests/failures/wave_kernels.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct FailureNoShared {};

#define AT_BOTH_WIDTHS(name, kernel, argument, Shared32, Shared64)   \
  K_ENTRY(name "<w32>", (kernel<32, argument>), 32, 1024, Shared32), \
      K_ENTRY(name "<w64>", (kernel<64, argument>), 64, 1024, Shared64)
#define WITH_AND_WITHOUT(kernel, Shared)                  \
  AT_BOTH_WIDTHS(#kernel, kernel, false, Shared, Shared), \
      AT_BOTH_WIDTHS(#kernel "_bug", kernel, true, Shared, Shared)
#define SELECTS(fault)                                                                \
  AT_BOTH_WIDTHS("select_" #fault, select_best, SelectFault::fault, SelectShared<32>, \
                 SelectShared<64>)
#define FILLS(name, Shared) AT_BOTH_WIDTHS(name, fills_shared, Shared, Shared, Shared)

inline NativeEntries failures_entries() {
  static const NativeEntry table[] = {
      SELECTS(none),
      SELECTS(template_threads),
      SELECTS(unfilled_slots),
      SELECTS(nan_compares_false),
      SELECTS(upper_bits_only),
      SELECTS(finite_start),
      SELECTS(first_comer),
      SELECTS(padding_counts),
      FILLS("needs_66032", OverSixtyFourKib),
      FILLS("needs_101380", OverNinetyNineKib),
      FILLS("needs_163840", HundredSixtyKib),
      AT_BOTH_WIDTHS("mask", apply_mask, MaskFault::none, FailureNoShared, FailureNoShared),
      AT_BOTH_WIDTHS("mask_highest_first", apply_mask, MaskFault::highest_bit_first,
                     FailureNoShared, FailureNoShared),
      AT_BOTH_WIDTHS("mask_without_tail", apply_mask, MaskFault::tail_word_left_out,
                     FailureNoShared, FailureNoShared),
      WITH_AND_WITHOUT(counts_votes, FailureNoShared),
      WITH_AND_WITHOUT(shuffles_by_mask, FailureNoShared),
      WITH_AND_WITHOUT(sums_of_thirty_two, FailureNoShared),
      WITH_AND_WITHOUT(softmax, WaveShared),
      WITH_AND_WITHOUT(shuffles_by_thirty_two, FailureNoShared),
      WITH_AND_WITHOUT(few_lanes_shuffle, FailureNoShared),
      AT_BOTH_WIDTHS("chooses", chooses, ChoiceFault::none, FailureNoShared, FailureNoShared),
      AT_BOTH_WIDTHS("chooses_of_two", chooses, ChoiceFault::two_slots, FailureNoShared,
                     FailureNoShared),
      AT_BOTH_WIDTHS("chooses_the_last", chooses, ChoiceFault::last_of_equals, FailureNoShared,
                     FailureNoShared),
      WITH_AND_WITHOUT(doubles_rows, FailureNoShared),
      WITH_AND_WITHOUT(goes_through_scratch, FailureNoShared),
      WITH_AND_WITHOUT(combines, FailureNoShared),
      WITH_AND_WITHOUT(sums_weights, FailureNoShared),
      WITH_AND_WITHOUT(finds_a_late_row, FailureNoShared),
      WITH_AND_WITHOUT(turns_in_place, TurnShared),
      WITH_AND_WITHOUT(masked_softmax, FailureNoShared),
  };
  return {table, static_cast<std::int64_t>(sizeof table / sizeof *table)};
}

#undef AT_BOTH_WIDTHS
#undef WITH_AND_WITHOUT
#undef SELECTS
#undef FILLS

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
