// What a body may say about its registers, where the compiler alone would spill. For kernels to
// include after <dialect.hpp>; docs/resources.md tells of each use.
#pragma once

/// Instead of KBOUNDS: so many blocks of `threads` at once on a multiprocessor are enough, and the
/// registers that they leave may be used. 0: as the compiler likes.
#define KBOUNDS_BLOCKS(threads, blocks) __launch_bounds__(threads, blocks)
/// Before a loop: not in a row, so that the values of one step are live at a time.
#define K_ROLL _Pragma("unroll 1")
