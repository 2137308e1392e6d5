// Kernel instances of linear on matrix instructions: storage type, wave width, tile.
#pragma once

#include "kernels/linear/linear_launch.hpp"
#include "kernels/linear/linear_matrix_kernel.hpp"

// NOLINTBEGIN(bugprone-macro-parentheses): template names
// decltype's parentheses keep a type's commas from separating macro arguments.
#define LINEAR_MATRIX_ENTRY(T, type, W, Tile)                                                      \
  K_MATRIX_ENTRY(K_NAME(linear_matrix_name(type, W, Tile)), (linear_matrix_kernel<T, W, Tile>), W, \
                 2 * Tile, decltype(LinearMatrixShared<T, Tile>()))
#define LINEAR_MATRIX_ENTRIES(T, type, W) \
  LINEAR_MATRIX_ENTRY(T, type, W, 64), LINEAR_MATRIX_ENTRY(T, type, W, 128)
// NOLINTEND(bugprone-macro-parentheses)
