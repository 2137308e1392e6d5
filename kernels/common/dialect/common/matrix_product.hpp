// Product of a tile of rows and a tile of columns by a block on matrix instructions, bf16 or f16
// with f32 sums, through double-buffered shared memory. Include after <matrix.hpp>.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Shared memory of the product: two buffers each for rows and for columns of 32 terms; afterwards
/// it stages a tile of results for the store. Lines are padded by 16 bytes, so that eight of them
/// start in different banks.
template <class T, int Rows, int Columns>
struct KMatrixShared {
  static constexpr int terms = 32, pad = 8;
  struct Buffers {
    T left[2][Rows][terms + pad];
    T right[2][Columns][terms + pad];
  };
  union {
    alignas(16) Buffers in;
    alignas(16) T out[Rows][Columns + pad];
  };
};

/// sum(row, column) of left(row, k) right(column, k) over `count` terms k. Each wave has a band of
/// rows and a band of columns. The device determines the order in which an instruction sums 16
/// terms.
template <class T, int W, int Rows, int Columns, int Threads>
struct KMatrixProduct {
  using Shared = KMatrixShared<T, Rows, Columns>;
  static constexpr int terms = Shared::terms, line = terms + Shared::pad;
  static constexpr int down = Rows >= 32 ? 2 : 1, across = Threads / W / down;
  static constexpr int tall = Rows / down / 16, wide = Columns / across / 16;  // tiles of a wave
  static_assert(Rows % (16 * down) == 0 && Columns % (16 * across) == 0, "tiles fill the bands");
  static constexpr int pieces = terms / 8;  // 16-byte pieces of a line, one access each
  static constexpr int left_moves = (Rows * pieces + Threads - 1) / Threads;
  static constexpr int right_moves = (Columns * pieces + Threads - 1) / Threads;

  KTileC<W, T> sum[tall][wide];

  KDEV static u32 first_row() { return k_tid() / W / across * (tall * 16); }
  KDEV static u32 first_column() { return k_tid() / W % across * (wide * 16); }

  /// left(row) and right(column) return the address of their `count` terms, or null for zeros. All
  /// threads must call it. It ends with a barrier.
  template <class Left, class Right>
  KDEV void multiply(Shared& s, u32 count, Left left, Right right) {
    const T* rows[left_moves];
    const T* columns[right_moves];
    K_UNROLL
    for (int n = 0; n < left_moves; ++n) {
      rows[n] = place(n) < Rows ? left(place(n)) : nullptr;
    }
    K_UNROLL
    for (int n = 0; n < right_moves; ++n) {
      columns[n] = place(n) < Columns ? right(place(n)) : nullptr;
    }
    // Lines at multiples of 16 bytes are loaded a step ahead into registers, others by element.
    const bool ahead = count % 8 == 0;
    Vec<T, 8> a[left_moves], b[right_moves];
    take(rows, 0, ahead ? count : 0, a);
    take(columns, 0, ahead ? count : 0, b);
    u32 buffer = 0;
    for (u32 first = 0; first < count; first += terms) {
      if (ahead) {
        put(s.in.left[buffer], a);
        put(s.in.right[buffer], b);
      } else {
        fetch(rows, first, count, s.in.left[buffer]);
        fetch(columns, first, count, s.in.right[buffer]);
      }
      // One barrier per step: the other buffer was last read before the barrier of the previous
      // step.
      k_sync();
      if (ahead && first + terms < count) {
        take(rows, first + terms, count, a);
        take(columns, first + terms, count, b);
      }
      add_products(s, buffer);
      buffer ^= 1U;
    }
    k_sync();
  }

  /// Calls f(row, column, float&) for this thread's elements of the tile.
  template <class F>
  KDEV void visit(F f) {
    K_UNROLL
    for (int m = 0; m < tall; ++m) {
      K_UNROLL
      for (int n = 0; n < wide; ++n) {
        const u32 row = first_row() + static_cast<u32>(16 * m);
        const u32 column = first_column() + static_cast<u32>(16 * n);
        sum[m][n].visit([&](u32 r, u32 c, float& value) { f(row + r, column + c, value); });
      }
    }
  }

  /// Pair of a column, in a product whose columns are pairs. The left half of each band contains
  /// the first column of each pair and the right half the second, so that one lane has both.
  struct Pair {
    u32 index;
    bool second;
  };
  KDEV static Pair pair_of(u32 column) {
    constexpr u32 band = wide * 16, half = band / 2;
    return {column / band * half + column % half, column % band >= half};
  }
  /// Calls f(row, index, first, second) for this thread's pairs.
  template <class F>
  KDEV void visit_pairs(F f) {
    static_assert(wide % 2 == 0, "a band has as many firsts as seconds");
    K_UNROLL
    for (int m = 0; m < tall; ++m) {
      K_UNROLL
      for (int n = 0; n < wide / 2; ++n) {
        const u32 row = first_row() + static_cast<u32>(16 * m);
        const u32 index = first_column() / 2 + static_cast<u32>(16 * n);
        float first[256 / W];
        int i = 0;
        sum[m][n].visit([&](u32, u32, float& value) { first[i++] = value; });
        i = 0;
        sum[m][n + wide / 2].visit(
            [&](u32 r, u32 c, float& second) { f(row + r, index + c, first[i++], second); });
      }
    }
  }

 private:
  /// Row or column of this thread's n-th access; piece() is the first term that it loads there.
  KDEV static u32 place(int n) { return (k_tid() + static_cast<u32>(n) * Threads) / pieces; }
  KDEV static u32 piece() { return k_tid() % pieces * 8; }

  template <int N>
  KDEV static void take(const T* const (&from)[N], u32 first, u32 count, Vec<T, 8> (&to)[N]) {
    const u32 at = first + piece();
    K_UNROLL
    for (int n = 0; n < N; ++n) {
      if (from[n] != nullptr && at < count) {
        to[n] = k_load<8>(from[n] + at);
      } else {
        K_UNROLL
        for (int i = 0; i < 8; ++i) to[n][i] = k_from_float<T>(0.0F);
      }
    }
  }
  template <int Lines, int N>
  KDEV static void put(T (&to)[Lines][line], const Vec<T, 8> (&from)[N]) {
    K_UNROLL
    for (int n = 0; n < N; ++n) {
      if (place(n) < Lines) k_store(&to[place(n)][piece()], from[n]);
    }
  }
  template <int Lines, int N>
  KDEV static void fetch(const T* const (&from)[N], u32 first, u32 count, T (&to)[Lines][line]) {
    K_UNROLL
    for (int n = 0; n < N; ++n) {
      if (place(n) >= Lines) continue;
      for (u32 i = piece(); i < piece() + 8; ++i) {
        const bool there = from[n] != nullptr && first + i < count;
        to[place(n)][i] = there ? from[n][first + i] : k_from_float<T>(0.0F);
      }
    }
  }

  KDEV void add_products(const Shared& s, u32 buffer) {
    K_UNROLL
    for (int k = 0; k < terms; k += 16) {
      KTileB<W, T> b[wide];
      K_UNROLL
      for (int n = 0; n < wide; ++n) {
        b[n] = k_tile_load_bt<W>(&s.in.right[buffer][first_column() + 16 * n][k], line);
      }
      K_UNROLL
      for (int m = 0; m < tall; ++m) {
        const KTileA<W, T> a = k_tile_load_a<W>(&s.in.left[buffer][first_row() + 16 * m][k], line);
        K_UNROLL
        for (int n = 0; n < wide; ++n) k_tile_mma(sum[m][n], a, b[n]);
      }
    }
  }
};

/// Copies the first `columns` of each line of a block's results to the address row(r), or skips the
/// line if that is null. A barrier must precede it. `aligned`: all addresses are multiples of 16
/// bytes, and `columns` is a multiple of 8.
template <int Threads, int Width, class T, int Rows, int Line, class Row>
KDEV void k_copy_rows(const T (&from)[Rows][Line], u32 columns, bool aligned, Row row) {
  for (u32 at = k_tid(); at < Rows * (Width / 8); at += Threads) {
    const u32 r = at / (Width / 8), c = at % (Width / 8) * 8;
    T* to = row(r);
    if (to == nullptr || c >= columns) continue;
    if (aligned) {
      k_store(to + c, k_load<8>(&from[r][c]));
      continue;
    }
    for (u32 i = c; i < k_min(columns, c + 8); ++i) to[i] = from[r][i];
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
