// The innermost loop of a matrix product: a block of sums that stays in registers.
#pragma once

#include <type_traits>

#include "kernels/common/kokkos/pack.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// The `ahead` argument of add_block() that does nothing.
struct NothingAhead {
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int) const {}
};

template <int Columns, int Packs, class P>
KOKKOS_FORCEINLINE_FUNCTION void clear_block(P (&sum)[Columns][Packs]) {
  KG_UNROLL for (int c = 0; c < Columns; ++c) {
    KG_UNROLL for (int p = 0; p < Packs; ++p) sum[c][p] = broadcast<P>(0.0F);
  }
}

/// sum[c][p] += sum over k < depth, in order, of b[c,k] a[k,p]: packs of adjacent rows times
/// broadcast numbers of columns. a[k,p] is the pack at a + k * a_step + p * P::width; b[c,k] is the
/// number at b + c * column_step + k * k_step. Columns may therefore be in stored order (k_step =
/// 1) or transposed (column_step = 1). `ahead(k)` is called for every 16th k and may prefetch.
template <int Columns, int Packs, class P, class Ahead = NothingAhead>
KOKKOS_FORCEINLINE_FUNCTION void add_block(const float* a, int a_step, const float* b,
                                           int column_step, int k_step, int depth,
                                           P (&sum)[Columns][Packs], const Ahead& ahead = {}) {
  for (int k = 0; k < depth; ++k) {
    if constexpr (!std::is_same_v<Ahead, NothingAhead>) {
      if (k % 16 == 0) ahead(k);
    }
    P x[Packs];
    KG_UNROLL for (int p = 0; p < Packs; ++p) x[p] = load<P>(a + k * a_step + p * P::width);
    KG_UNROLL for (int c = 0; c < Columns; ++c) {
      const P w = broadcast<P>(b[c * column_step + k * k_step]);
      KG_UNROLL for (int p = 0; p < Packs; ++p) sum[c][p] += w * x[p];
    }
  }
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
