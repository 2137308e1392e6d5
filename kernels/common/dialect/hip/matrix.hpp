// Matrix tiles of 16 x 16 x 16: bf16 or f16 in, f32 sums, on MFMA (CDNA 2 to 4) and WMMA (RDNA 3
// and 4). common/matrix_layout.hpp defines the lane layouts. RDNA 4 in waves of 64 orders rows
// differently; no profile here needs that, and it does not compile.
#pragma once

#include <type_traits>

#include "kernels/common/dialect/hip/dialect.hpp"
// the dialect first: the layouts use its names
#include "kernels/common/dialect/common/matrix_layout.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// RDNA 2 has no matrix instruction. The host pass compiles no body.
inline constexpr bool k_has_matrix = k_gfx != 10;

template <int W>
using KTileLayout =
    std::conditional_t<k_gfx == 11, KLayoutWmmaGfx11<W>,
                       std::conditional_t<k_gfx == 12, KLayoutWmmaGfx12, KLayoutMfma>>;

template <class T, int N>
using KInputs = T __attribute__((ext_vector_type(N)));
template <int N>
using KSums = float __attribute__((ext_vector_type(N)));

template <int W, class T>
struct KTileA : KInputTile<KTileLayout<W>, T> {};
template <int W, class T>
struct KTileB : KInputTile<KTileLayout<W>, T> {};
template <int W, class T>
struct KTileC {
  KSums<KTileLayout<W>::sums> sum = 0.0F;

  /// Calls f(row, column, float&) for each element of this lane; each element belongs to one lane.
  /// All tiles of a wave are visited in the same order.
  template <class F>
  KDEV void visit(F f) {
    k_visit_sums<KTileLayout<W>>(sum, k_tid() % W, f);
  }
};

/// Whether the pass compiles tiles of waves of this width.
template <int W>
KDEV constexpr bool k_compiles_tiles() {
  return k_has_matrix && k_compiles_wave(W) && !(k_gfx == 12 && W == 64);
}

/// Loads a(row, k) from lds[row stride + k]; in every load here rows are 16-byte aligned.
template <int W, class T>
KDEV KTileA<W, T> k_tile_load_a(const T* lds, u32 stride) {
  static_assert(k_compiles_tiles<W>(), "no matrix instruction for this instance");
  return {k_inputs_along<KTileLayout<W>>(lds, stride, k_tid() % W)};
}
/// Loads b(k, column) from lds[k stride + column].
template <int W, class T>
KDEV KTileB<W, T> k_tile_load_b(const T* lds, u32 stride) {
  static_assert(k_compiles_tiles<W>(), "no matrix instruction for this instance");
  return {k_inputs_across<KTileLayout<W>>(lds, stride, k_tid() % W)};
}
/// Loads b(k, column) from lds[column stride + k]: weights as stored, output by input.
template <int W, class T>
KDEV KTileB<W, T> k_tile_load_bt(const T* lds, u32 stride) {
  static_assert(k_compiles_tiles<W>(), "no matrix instruction for this instance");
  return {k_inputs_along<KTileLayout<W>>(lds, stride, k_tid() % W)};
}

/// The target's instruction. A template, so that other targets' builtins are not compiled.
template <int W, class Inputs, class Sums>
KDEV Sums k_mma(Inputs a, Inputs b, Sums c, Bf16) {
  if constexpr (k_gfx == 9) return __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(a, b, c, 0, 0, 0);
  if constexpr (k_gfx == 11 && W == 32) return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(a, b, c);
  if constexpr (k_gfx == 11 && W == 64) return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w64(a, b, c);
  if constexpr (k_gfx == 12 && W == 32) {
    return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32_gfx12(a, b, c);
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
  using Inputs = KInputs<typename KInputElement<T>::type, KTileLayout<W>::inputs>;
  c.sum = k_mma<W>(__builtin_bit_cast(Inputs, a.k4), __builtin_bit_cast(Inputs, b.k4), c.sum, T{});
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
