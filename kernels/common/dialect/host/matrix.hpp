// Matrix tiles of 16 x 16 x 16 on the host: a reference body replaces the instruction. Each lane
// holds 256 / W neighbours of a row, as a device's lanes do. When the last lane has arrived, the
// product is computed from all lanes' parts, with one fused multiply-add per term in the order of
// k.
#pragma once

#include "kernels/common/dialect/host/dialect.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// A lane's part of a tile: 256 / W of the 256 elements in row-major order.
template <int W, class T>
struct KTilePart {
  static_assert(sizeof(T) == 2, "elements of two bytes");
  static constexpr u32 size = 256 / W;
  Vec<T, static_cast<int>(size)> part;
};
template <int W, class T>
struct KTileA : KTilePart<W, T> {};
template <int W, class T>
struct KTileB : KTilePart<W, T> {
  bool by_column;  // rows of the part are columns of b
};
template <int W, class T>
struct KTileC {
  static constexpr u32 size = 256 / W;
  float sum[size] = {};

  /// Calls f(row, column, float&) for each element of this lane; each element belongs to one lane.
  /// All tiles of a wave are visited in the same order.
  template <class F>
  KDEV void visit(F f) {
    const u32 first = k_tid() % W * size;
    for (u32 i = 0; i < size; ++i) f((first + i) / 16, (first + i) % 16, sum[i]);
  }
};

template <int W, class T>
KDEV auto k_tile_row_part(const T* lds, u32 stride) {
  constexpr u32 size = KTilePart<W, T>::size;
  const u32 first = k_tid() % W * size;
  return k_load<static_cast<int>(size)>(lds + first / 16 * stride + first % 16);
}

/// Loads a(row, k) from lds[row stride + k]; in every load here rows are 16-byte aligned.
template <int W, class T>
KDEV KTileA<W, T> k_tile_load_a(const T* lds, u32 stride) {
  return KTileA<W, T>{{k_tile_row_part<W>(lds, stride)}};
}
/// Loads b(k, column) from lds[k stride + column].
template <int W, class T>
KDEV KTileB<W, T> k_tile_load_b(const T* lds, u32 stride) {
  return KTileB<W, T>{{k_tile_row_part<W>(lds, stride)}, false};
}
/// Loads b(k, column) from lds[column stride + k]: weights as stored, output by input.
template <int W, class T>
KDEV KTileB<W, T> k_tile_load_bt(const T* lds, u32 stride) {
  return KTileB<W, T>{{k_tile_row_part<W>(lds, stride)}, true};
}

/// A lane's operands of a product.
template <int W, class T>
struct KTileProductOf {
  KTileC<W, T>* c;
  const KTileA<W, T>* a;
  const KTileB<W, T>* b;
};

// Reads and writes every lane's registers. Here they are on the lanes' stacks; like registers, they
// are not observed.
template <int W, class T>
[[gnu::no_sanitize("thread")]] inline void k_tile_compute(void* const* lanes) {
  constexpr u32 size = 256 / W;
  float a[16][16], b[16][16];
  for (u32 lane = 0; lane < W; ++lane) {
    const auto& mine = *static_cast<const KTileProductOf<W, T>*>(lanes[lane]);
    for (u32 i = 0; i < size; ++i) {
      const u32 row = (lane * size + i) / 16, column = (lane * size + i) % 16;
      a[row][column] = k_to_float(mine.a->part.v[i]);
      const float value = k_to_float(mine.b->part.v[i]);
      if (mine.b->by_column) {
        b[column][row] = value;
      } else {
        b[row][column] = value;
      }
    }
  }
  for (u32 lane = 0; lane < W; ++lane) {
    auto& c = *static_cast<const KTileProductOf<W, T>*>(lanes[lane])->c;
    for (u32 i = 0; i < size; ++i) {
      const u32 row = (lane * size + i) / 16, column = (lane * size + i) % 16;
      float sum = c.sum[i];
      for (u32 k = 0; k < 16; ++k) sum = k_fma(a[row][k], b[k][column], sum);
      c.sum[i] = sum;
    }
  }
}

/// c += a b. Every lane of the wave takes part.
template <int W, class T>
KDEV void k_tile_mma(KTileC<W, T>& c, const KTileA<W, T>& a, const KTileB<W, T>& b,
                     Site site = source_api::here()) {
  KTileProductOf<W, T> mine{&c, &a, &b};
  source_api::wave_together(&mine, &k_tile_compute<W, T>, W, site);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

/// K_ENTRY of a kernel that works on matrix tiles.
#define K_MATRIX_ENTRY K_ENTRY
