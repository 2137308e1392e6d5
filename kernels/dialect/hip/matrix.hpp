// Matrix tiles of 16 x 16 x 16: bf16 or f16 in, f32 sums, on MFMA (CDNA 2 to 4) and WMMA (RDNA 3
// and 4). Which lane holds what: the ISA guides' chapters on matrix instructions, as summed up in
// docs/dialect.md. Lane l holds row or column l % 16 of the inputs everywhere; targets differ in
// which k are its own, and in the rows of its sums.
#pragma once

#include "kernels/dialect/hip/dialect.hpp"

namespace kernelgate {
inline namespace KG_FLAVOUR {

/// RDNA 2 has no matrix instruction. The host's pass compiles no body.
inline constexpr bool k_has_matrix = k_gfx != 10;

/// Values of k that a lane holds, and elements of the sum.
constexpr int k_tile_inputs(int wave) { return k_gfx == 11 ? 16 : k_gfx == 12 ? 256 / wave : 4; }
constexpr int k_tile_sums(int wave) { return 256 / wave; }

template <class T, int N>
using KInputs = T __attribute__((ext_vector_type(N)));
template <int N>
using KSums = float __attribute__((ext_vector_type(N)));

template <int W, class T>
struct KTileA {
  Vec<T, 4> k4[k_tile_inputs(W) / 4];
};
template <int W, class T>
struct KTileB {
  Vec<T, 4> k4[k_tile_inputs(W) / 4];
};
template <int W, class T>
struct KTileC {
  KSums<k_tile_sums(W)> sum = 0.0F;

  /// f(row, column, float&) for each element that this lane holds; every one is one lane's.
  template <class F>
  KDEV void visit(F f) {
    const u32 lane = k_tid() % W, group = lane / 16;
    K_UNROLL
    for (u32 i = 0; i < 256 / W; ++i) {
      // RDNA 3 deals rows out to its groups of 16 lanes in turn; the others give each a run.
      const u32 row = k_gfx == 11 ? i * (W / 16) + group : group * (256 / W) + i;
      float value = sum[i];
      f(row, lane % 16, value);
      sum[i] = value;
    }
  }
};

/// The first k of a lane: RDNA 3 wants all 16 in every group of 16 lanes, the others a part each.
template <int W>
KDEV u32 k_tile_first_k() {
  return k_gfx == 11 ? 0U : (k_tid() % W) / 16 * k_tile_inputs(W);
}

/// k values in a row from memory, four at a time.
template <int W, class Tile, class T>
KDEV Tile k_tile_load_run(const T* lds, u32 stride) {
  static_assert(k_compiles_wave(W) && k_has_matrix, "no matrix instruction for this instance");
  static_assert(sizeof(T) == 2, "elements of two bytes");
  Tile tile;
  const T* run = lds + (k_tid() % 16) * stride + k_tile_first_k<W>();
  if constexpr (k_tile_inputs(W) >= 8) {
    K_UNROLL
    for (int i = 0; i < k_tile_inputs(W) / 8; ++i) {
      const Vec<T, 8> eight = k_load<8>(run + 8 * i);
      K_UNROLL
      for (int j = 0; j < 8; ++j) tile.k4[2 * i + j / 4][j % 4] = eight[j];
    }
  } else {
    tile.k4[0] = k_load<4>(run);
  }
  return tile;
}

/// a(row, k) at lds[row stride + k]; rows at multiples of 16 bytes, as in every load here.
template <int W, class T>
KDEV KTileA<W, T> k_tile_load_a(const T* lds, u32 stride) {
  return k_tile_load_run<W, KTileA<W, T>>(lds, stride);
}
/// b(k, column) at lds[k stride + column].
template <int W, class T>
KDEV KTileB<W, T> k_tile_load_b(const T* lds, u32 stride) {
  static_assert(k_compiles_wave(W) && k_has_matrix, "no matrix instruction for this instance");
  KTileB<W, T> tile;
  const T* first = lds + k_tile_first_k<W>() * stride + k_tid() % 16;
  K_UNROLL
  for (int i = 0; i < k_tile_inputs(W); ++i) {
    tile.k4[i / 4][i % 4] = first[static_cast<u32>(i) * stride];
  }
  return tile;
}
/// b(k, column) at lds[column stride + k]: weights as they lie, output by input.
template <int W, class T>
KDEV KTileB<W, T> k_tile_load_bt(const T* lds, u32 stride) {
  return k_tile_load_run<W, KTileB<W, T>>(lds, stride);
}

/// The instruction of the target. A template, so that no other target's builtin is looked at.
template <int W, class Inputs, class Sums>
KDEV Sums k_mma(Inputs a, Inputs b, Sums c, Bf16) {
  if constexpr (k_gfx == 9) return __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(a, b, c, 0, 0, 0);
  if constexpr (k_gfx == 11 && W == 32) return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(a, b, c);
  if constexpr (k_gfx == 11 && W == 64) return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w64(a, b, c);
  if constexpr (k_gfx == 12 && W == 32) {
    return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32_gfx12(a, b, c);
  }
  if constexpr (k_gfx == 12 && W == 64) {
    return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w64_gfx12(a, b, c);
  }
  return c;
}
template <int W, class Inputs, class Sums>
KDEV Sums k_mma(Inputs a, Inputs b, Sums c, F16) {
  if constexpr (k_gfx == 9) return __builtin_amdgcn_mfma_f32_16x16x16f16(a, b, c, 0, 0, 0);
  if constexpr (k_gfx == 11 && W == 32) return __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(a, b, c);
  if constexpr (k_gfx == 11 && W == 64) return __builtin_amdgcn_wmma_f32_16x16x16_f16_w64(a, b, c);
  if constexpr (k_gfx == 12 && W == 32) {
    return __builtin_amdgcn_wmma_f32_16x16x16_f16_w32_gfx12(a, b, c);
  }
  if constexpr (k_gfx == 12 && W == 64) {
    return __builtin_amdgcn_wmma_f32_16x16x16_f16_w64_gfx12(a, b, c);
  }
  return c;
}

/// The builtins take bf16 as 16-bit integers and f16 as _Float16.
template <class T>
struct KInputElement {
  using type = short;
};
template <>
struct KInputElement<F16> {
  using type = _Float16;
};

/// c += a b. Every lane of the wave takes part.
template <int W, class T>
KDEV void k_tile_mma(KTileC<W, T>& c, const KTileA<W, T>& a, const KTileB<W, T>& b) {
  using Inputs = KInputs<typename KInputElement<T>::type, k_tile_inputs(W)>;
  c.sum = k_mma<W>(__builtin_bit_cast(Inputs, a.k4), __builtin_bit_cast(Inputs, b.k4), c.sum, T{});
}

}  // namespace KG_FLAVOUR
}  // namespace kernelgate
