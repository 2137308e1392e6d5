// Matrix tiles of 16 x 16 x 16 on mma.sync (sm_80 and later): bf16 or f16 in, f32 sums. One tile is
// two instructions, for columns 0..7 and 8..15. common/matrix_layout.hpp defines the lane layouts.
#pragma once

#include "kernels/common/dialect/cuda/dialect.hpp"
// the dialect first: the layouts use its names
#include "kernels/common/dialect/common/matrix_layout.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// 16 rows of 16 terms: rows lane/4 and lane/4 + 8, k in pairs from 2 (lane % 4) and that + 8 on.
template <int W, class T>
struct KTileA {
  u32 pair[4];
};
/// 16 terms by 16 columns: the registers of the two instructions one after the other.
template <int W, class T>
struct KTileB {
  u32 pair[4];
};
template <int W, class T>
struct KTileC {
  float sum[8] = {};

  /// Calls f(row, column, float&) for each element of this lane; each element belongs to one lane.
  /// All tiles of a wave are visited in the same order.
  template <class F>
  KDEV void visit(F f) {
    const u32 lane = k_tid() % W;
    K_UNROLL
    for (u32 i = 0; i < KLayoutMmaSync::sums; ++i) {
      f(KLayoutMmaSync::row(lane, i), KLayoutMmaSync::column(lane, i), sum[i]);
    }
  }
};

/// Loads four 8 x 8 matrices of two-byte elements; lane l gives the address of row l % 8 of matrix
/// l / 8.
KDEV void k_ldmatrix(u32 (&word)[4], const void* row) {
  const auto address = static_cast<u32>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(word[0]), "=r"(word[1]), "=r"(word[2]), "=r"(word[3])
               : "r"(address)
               : "memory");
}
KDEV void k_ldmatrix_transposed(u32 (&word)[4], const void* row) {
  const auto address = static_cast<u32>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(word[0]), "=r"(word[1]), "=r"(word[2]), "=r"(word[3])
               : "r"(address)
               : "memory");
}

/// Loads a(row, k) from lds[row stride + k]; in every load here rows are 16-byte aligned.
template <int W, class T>
KDEV KTileA<W, T> k_tile_load_a(const T* lds, u32 stride) {
  static_assert(W == 32 && sizeof(T) == 2, "waves of 32 lanes, elements of two bytes");
  KTileA<W, T> tile;
  k_ldmatrix(tile.pair, KLayoutMmaSync::down_first(lds, k_tid() % W, stride));
  return tile;
}
/// Loads b(k, column) from lds[k stride + column].
template <int W, class T>
KDEV KTileB<W, T> k_tile_load_b(const T* lds, u32 stride) {
  static_assert(W == 32 && sizeof(T) == 2, "waves of 32 lanes, elements of two bytes");
  KTileB<W, T> tile;
  k_ldmatrix_transposed(tile.pair, KLayoutMmaSync::down_first(lds, k_tid() % W, stride));
  return tile;
}
/// Loads b(k, column) from lds[column stride + k]: weights as stored, output by input.
template <int W, class T>
KDEV KTileB<W, T> k_tile_load_bt(const T* lds, u32 stride) {
  static_assert(W == 32 && sizeof(T) == 2, "waves of 32 lanes, elements of two bytes");
  KTileB<W, T> tile;
  k_ldmatrix(tile.pair, KLayoutMmaSync::right_first(lds, k_tid() % W, stride));
  return tile;
}

KDEV void k_mma(float* c, const u32* a, const u32* b, Bf16) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
KDEV void k_mma(float* c, const u32* a, const u32* b, F16) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// c += a b. Every lane of the wave takes part.
template <int W, class T>
KDEV void k_tile_mma(KTileC<W, T>& c, const KTileA<W, T>& a, const KTileB<W, T>& b) {
  k_mma(c.sum, a.pair, b.pair, T{});
  k_mma(c.sum + 4, a.pair, b.pair + 2, T{});
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

/// K_ENTRY of a kernel that works on matrix tiles.
#define K_MATRIX_ENTRY K_ENTRY
