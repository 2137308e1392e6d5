// Product of a tile of rows and a tile of 64 columns by a block of 256 threads, in f32, through
// double-buffered shared memory. Include after <dialect.hpp>.
#pragma once

#include "kernels/common/dialect/common/floats.hpp"
#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Shared memory of the product: two buffers each for terms by rows and for terms by columns.
/// Buffer rows are padded by four floats: they stay 16-byte aligned, and neighbours start in
/// different banks.
template <int Rows>
struct KTileShared {
  static constexpr int terms = 16, columns = 64;
  alignas(16) float left[2][terms][Rows + 4];
  alignas(16) float right[2][terms][columns + 4];
};

/// sum(row, column) of left(row, k) * right(column, k) over `count` terms k, added in order. A
/// thread has the rows from tid / 16 * (Rows / 16) on and the columns from tid % 16 * 4 on.
/// load_left(row, k, out) returns four terms from k on, zeros beyond the end; so does load_right.
/// All 256 threads must call multiply(); another product may follow at once.
template <int Rows>
struct KTileProduct {
  static_assert(Rows == 16 || Rows == 64, "a thread has one row, or four");
  using Shared = KTileShared<Rows>;
  static constexpr int threads = 256, terms = Shared::terms, columns = Shared::columns;
  static constexpr int my_rows = Rows / 16, my_columns = 4;

  float sum[my_rows][my_columns];

  /// The row, and the column, that this thread loads for the whole block.
  KDEV static u32 load_place() { return k_tid() / 4; }
  KDEV static u32 row(int i) { return k_tid() / 16 * my_rows + static_cast<u32>(i); }
  KDEV static u32 column(int j) { return k_tid() % 16 * my_columns + static_cast<u32>(j); }

  template <class LoadLeft, class LoadRight>
  KDEV void multiply(Shared& s, u32 count, LoadLeft load_left, LoadRight load_right) {
    // Per buffer, a thread loads four terms of one row and of one column.
    const u32 place = load_place(), part = k_tid() % 4 * 4;
    const bool has_row = place < Rows;
    float left[4], right[4];
    K_UNROLL
    for (int i = 0; i < my_rows; ++i) {
      K_UNROLL
      for (int j = 0; j < my_columns; ++j) sum[i][j] = 0;
    }
    if (has_row) load_left(place, part, left);
    load_right(place, part, right);
    u32 buffer = 0;
    for (u32 first = 0; first < count; first += terms) {
      K_UNROLL
      for (u32 j = 0; j < 4; ++j) {
        if (has_row) s.left[buffer][part + j][place] = left[j];
        s.right[buffer][part + j][place] = right[j];
      }
      // One barrier per step: the other buffer was last read before the barrier of the previous
      // step.
      k_sync();
      if (first + terms < count) {
        if (has_row) load_left(place, first + terms + part, left);
        load_right(place, first + terms + part, right);
      }
      add_products(s, buffer);
      buffer ^= 1U;
    }
    k_sync();
  }

  /// Stores the products at row t0 and column o0 of a matrix [rows, columns]: y_f32, or y where
  /// that is null. What is beyond the matrix is left out.
  template <class T>
  KDEV void store(T* y, float* y_f32, u32 t0, u32 o0, u32 rows, u32 all_columns) const {
    for (int i = 0; i < my_rows; ++i) {
      for (int j = 0; j < my_columns; ++j) {
        const u32 t = t0 + row(i), o = o0 + column(j);
        if (t < rows && o < all_columns) {
          k_store_result(y, y_f32, static_cast<u64>(t) * all_columns + o, sum[i][j]);
        }
      }
    }
  }

 private:
  KDEV void add_products(const Shared& s, u32 buffer) {
    K_UNROLL
    for (int k = 0; k < terms; ++k) {
      const Vec<float, my_rows> a = k_load<my_rows>(&s.left[buffer][k][row(0)]);
      const Vec<float, my_columns> b = k_load<my_columns>(&s.right[buffer][k][column(0)]);
      K_UNROLL
      for (int i = 0; i < my_rows; ++i) {
        K_UNROLL
        for (int j = 0; j < my_columns; ++j) sum[i][j] = k_fma(a[i], b[j], sum[i][j]);
      }
    }
  }
};

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
