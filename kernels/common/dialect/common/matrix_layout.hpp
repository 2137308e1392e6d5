// Layouts of a 16 x 16 x 16 matrix product: which lane of a wave holds which elements. The targets'
// matrix.hpp load and visit tiles by them. They do not depend on a target, so that the host can
// check them against the vendors' documentation
// (kernels/common/dialect/tests/matrix_layout_test.cpp). Include after a dialect's types, Vec and
// k_load.
#pragma once

#include "kernels/common/dialect/common/vec.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// AMD's instructions. Lane l holds `inputs` consecutive k of row (of a) or column (of b) l % 16,
/// from first_k(l) on, and `sums` sums of column l % 16.
/// MFMA of CDNA 2 to 4: four groups of 16 lanes with four k and four rows each.
struct KLayoutMfma {
  static constexpr int inputs = 4, sums = 4;
  KDEV static constexpr u32 first_k(u32 lane) { return lane / 16 * 4; }
  KDEV static constexpr u32 row(u32 lane, u32 i) { return lane / 16 * 4 + i; }
};
/// WMMA of RDNA 3: every group of 16 lanes holds all k; rows alternate between the groups.
template <int W>
struct KLayoutWmmaGfx11 {
  static constexpr int inputs = 16, sums = 256 / W;
  KDEV static constexpr u32 first_k(u32) { return 0; }
  KDEV static constexpr u32 row(u32 lane, u32 i) { return i * (W / 16) + lane / 16; }
};
/// WMMA of RDNA 4 in waves of 32: two groups of 16 lanes with eight k and eight rows each. A
/// product does not depend on which eight k a group has, as long as a and b agree.
struct KLayoutWmmaGfx12 {
  static constexpr int inputs = 8, sums = 8;
  KDEV static constexpr u32 first_k(u32 lane) { return lane / 16 * 8; }
  KDEV static constexpr u32 row(u32 lane, u32 i) { return lane / 16 * 8 + i; }
};

/// A lane's elements of a or b: consecutive k, in the order of the instruction's registers.
template <class Layout, class T>
struct KInputTile {
  Vec<T, 4> k4[Layout::inputs / 4];
};

/// Loads from a(row, k) at lds[row stride + k], or from b(k, column) at lds[column stride + k].
template <class Layout, class T>
KDEV KInputTile<Layout, T> k_inputs_along(const T* lds, u32 stride, u32 lane) {
  static_assert(sizeof(T) == 2, "elements of two bytes");
  KInputTile<Layout, T> tile;
  const T* run = lds + lane % 16 * stride + Layout::first_k(lane);
  if constexpr (Layout::inputs >= 8) {
    K_UNROLL
    for (int i = 0; i < Layout::inputs / 8; ++i) {
      const Vec<T, 8> eight = k_load<8>(run + 8 * i);
      K_UNROLL
      for (int j = 0; j < 8; ++j) tile.k4[2 * i + j / 4][j % 4] = eight[j];
    }
  } else {
    tile.k4[0] = k_load<4>(run);
  }
  return tile;
}
/// Loads from b(k, column) at lds[k stride + column].
template <class Layout, class T>
KDEV KInputTile<Layout, T> k_inputs_across(const T* lds, u32 stride, u32 lane) {
  static_assert(sizeof(T) == 2, "elements of two bytes");
  KInputTile<Layout, T> tile;
  const T* first = lds + Layout::first_k(lane) * stride + lane % 16;
  K_UNROLL
  for (int i = 0; i < Layout::inputs; ++i) {
    tile.k4[i / 4][i % 4] = first[static_cast<u32>(i) * stride];
  }
  return tile;
}
/// Calls f(row, column, float&) for each of the lane's sums, `sum[i]`, and stores the results.
template <class Layout, class Sums, class F>
KDEV void k_visit_sums(Sums& sum, u32 lane, F f) {
  K_UNROLL
  for (u32 i = 0; i < Layout::sums; ++i) {
    float value = sum[i];
    f(Layout::row(lane, i), lane % 16, value);
    sum[i] = value;
  }
}

/// NVIDIA's mma.sync.m16n8k16, two side by side: the second one has columns 8..15. Inputs are
/// loaded by ldmatrix. It takes the address of one eight-element row per lane; lanes 8 m .. 8 m + 7
/// belong to the m-th of four 8 x 8 matrices.
struct KLayoutMmaSync {
  /// The row whose address the lane gives, for a(row, k) at lds[row stride + k] and, with
  /// ldmatrix.trans, for b(k, column) at lds[k stride + column]. The matrices are ordered top to
  /// bottom, then left to right.
  template <class T>
  KDEV static constexpr const T* down_first(const T* lds, u32 lane, u32 stride) {
    const u32 row = lane % 8, matrix = lane / 8;
    return lds + (row + (matrix & 1U) * 8) * stride + (matrix >> 1) * 8;
  }
  /// The same for b(k, column) at lds[column stride + k]; the order is left to right first.
  template <class T>
  KDEV static constexpr const T* right_first(const T* lds, u32 lane, u32 stride) {
    const u32 row = lane % 8, matrix = lane / 8;
    return lds + (row + (matrix >> 1) * 8) * stride + (matrix & 1U) * 8;
  }
  static constexpr int sums = 8;
  KDEV static constexpr u32 row(u32 lane, u32 i) { return lane / 4 + ((i >> 1) & 1U) * 8; }
  KDEV static constexpr u32 column(u32 lane, u32 i) {
    return 2 * (lane % 4) + (i & 1U) + (i >> 2) * 8;
  }
};

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
