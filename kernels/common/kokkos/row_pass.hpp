// Sums and loops over a row that a team shares, one pack at a time. On a host the team is one
// thread with vector registers; on a device adjacent threads take adjacent numbers.
#pragma once

#include <type_traits>

#include "kernels/common/kokkos/space_shape.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// The pack width passed to a body: a compile-time constant.
template <int W>
using PackWidth = std::integral_constant<int, W>;

/// Partial s of a row takes packs s, s + partials, ...; the first partial also takes the numbers
/// after the last whole pack, one by one. Each partial belongs to the same thread in every pass, so
/// no barrier is needed between a pass that stores numbers and a later pass that loads them.
template <class Shape>
struct RowPass {
  static constexpr int lanes = Shape::lanes;
  static constexpr int partials = Shape::team_size * Shape::vector_length;
  static constexpr int groups = partials < 16 ? partials : 16;
  static constexpr int at_once = Shape::dot_vectors;  // packs, each with its own sum
  /// Scratch for sum(), in floats.
  static constexpr int scratch_floats = partials == 1 ? 0 : partials + groups;

  /// The sum over the row of body(PackWidth<W>, i), a pack for numbers i to i + W - 1. Every thread
  /// receives it. Its order depends only on the width and the shape: each partial adds into
  /// `at_once` packs in turn, then partials are added in groups.
  template <class Team, class Body>
  KOKKOS_FORCEINLINE_FUNCTION static float sum(const Team& team, [[maybe_unused]] float* scratch,
                                               int width, const Body& body) {
    if constexpr (partials == 1) {
      return partial_sum(0, width, body);
    } else {
      float* grouped = scratch + int{partials};
      Kokkos::parallel_for(Kokkos::TeamVectorRange(team, int{partials}),
                           [&](int s) { scratch[s] = partial_sum(s, width, body); });
      team.team_barrier();
      Kokkos::parallel_for(Kokkos::TeamVectorRange(team, int{groups}), [&](int g) {
        float part = 0;
        KG_UNROLL for (int s = 0; s < partials; s += groups) part += scratch[s + g];
        grouped[g] = part;
      });
      team.team_barrier();
      float total = 0;
      KG_UNROLL for (int g = 0; g < groups; ++g) total += grouped[g];
      return total;
    }
  }

  /// Calls body(PackWidth<W>, i) for all numbers of the row, W at a time.
  template <class Team, class Body>
  KOKKOS_FORCEINLINE_FUNCTION static void for_each(const Team& team, int width, const Body& body) {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, int{partials}), [&](int s) {
      const int packs = width / lanes;
      for (int i = s; i < packs; i += partials) body(PackWidth<lanes>{}, i * lanes);
      if constexpr (lanes > 1) {
        for (int i = packs * lanes; s == 0 && i < width; ++i) body(PackWidth<1>{}, i);
      }
    });
  }

 private:
  template <class Body>
  KOKKOS_FORCEINLINE_FUNCTION static float partial_sum(int partial, int width, const Body& body) {
    using P = Pack<float, lanes>;
    P part[at_once];
    KG_UNROLL for (int j = 0; j < at_once; ++j) part[j] = broadcast<P>(0.0F);
    const int packs = width / lanes;
    int i = partial;
    for (; i + (at_once - 1) * partials < packs; i += at_once * partials) {
      KG_UNROLL for (int j = 0; j < at_once; ++j) {
        part[j] += body(PackWidth<lanes>{}, (i + j * partials) * lanes);
      }
    }
    for (; i < packs; i += partials) part[0] += body(PackWidth<lanes>{}, i * lanes);
    static_assert(at_once == 2 || at_once == 4);
    P all = part[0] + part[1];
    if constexpr (at_once == 4) all = all + (part[2] + part[3]);
    float total = kernelgate::sum(all);
    if constexpr (lanes > 1) {
      for (i = packs * lanes; partial == 0 && i < width; ++i) total += body(PackWidth<1>{}, i)[0];
    }
    return total;
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
