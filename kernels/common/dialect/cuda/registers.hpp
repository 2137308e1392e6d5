// Register control of a kernel body, for kernels that the compiler alone would spill. Include after
// <dialect.hpp>; docs/resources.md explains each use.
#pragma once

/// Replaces KBOUNDS: `blocks` blocks of `threads` at once are enough on a multiprocessor, so the
/// compiler may use the registers that they leave. 0: the compiler's choice.
#define KBOUNDS_BLOCKS(threads, blocks) __launch_bounds__(threads, blocks)
/// Before a loop: prevents unrolling, so that the values of only one step are live at a time.
#define K_ROLL _Pragma("unroll 1")
