// Dot products of whole matrix rows with a few vectors: each row is read once, so the kernel is
// memory-bound.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/common/kokkos/space_shape.hpp"
#include "kernels/common/kokkos/team_product.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Sums of[r][n] of R rows and N vectors, added across the vector lanes that share the rows.
template <int R, int N>
struct DotSums {
  float of[R][N] = {};
  KOKKOS_FORCEINLINE_FUNCTION DotSums& operator+=(const DotSums& other) {
    KG_UNROLL for (int r = 0; r < R; ++r) {
      KG_UNROLL for (int n = 0; n < N; ++n) of[r][n] += other.of[r][n];
    }
    return *this;
  }
};

/// Rows of a stored matrix [rows,terms] and vectors of the same type. `Words`: T is bf16 and rows
/// begin at 32-bit word boundaries, so two numbers take one load, a shift and a mask.
template <class Shape, class T, bool Words>
struct StoredDots {
  static_assert(!Words || std::is_same_v<T, bf16>);
  using X = T;                            // the storage type of vectors
  static constexpr bool in_place = true;  // vectors are read in the case's layout
  static constexpr int max_rows = Shape::dot_rows;
  static constexpr std::size_t scratch_bytes = 0;  // per team

  const T* data = nullptr;
  std::int64_t terms = 0;

  /// The position of element k in a vector of `terms` elements.
  KOKKOS_FORCEINLINE_FUNCTION static std::int64_t place(std::int64_t k, std::int64_t) { return k; }
  /// The dots for the threads of a team.
  template <class Team>
  KOKKOS_FORCEINLINE_FUNCTION const StoredDots& of_team(const Team&) const {
    return *this;
  }

  /// Adds this partial's terms of rows row[0] .. row[R - 1] times x[0] .. x[N - 1]. `ahead` is the
  /// distance to this thread's next rows, in rows.
  template <int R, int N>
  KOKKOS_FUNCTION void add(int partial, const std::int64_t (&row)[R], const T* const (&x)[N],
                           int ahead, DotSums<R, N>& total) const {
    constexpr int W = Shape::dot_words, parts = Words ? 2 : 1, step = W * parts;
    constexpr std::int64_t near = 1024 / sizeof(T);  // prefetch distance in elements
    using F = Pack<float, W>;
    F sum[R][N];
    KG_UNROLL for (int r = 0; r < R; ++r) {
      KG_UNROLL for (int n = 0; n < N; ++n) sum[r][n] = broadcast<F>(0.0F);
    }
    const T* w[R];
    KG_UNROLL for (int r = 0; r < R; ++r) w[r] = data + row[r] * terms;
    std::int64_t k = static_cast<std::int64_t>(partial) * step;
    for (; k + step <= terms; k += Shape::dot_partials * step) {
      F xs[N][parts];
      KG_UNROLL for (int n = 0; n < N; ++n) read(x[n] + k, xs[n]);
      const std::int64_t next = k + near < terms ? k + near : k + near + (ahead - 1) * terms;
      KG_UNROLL for (int r = 0; r < R; ++r) {
        prefetch(w[r] + next);
        F ws[parts];
        read(w[r] + k, ws);
        KG_UNROLL for (int n = 0; n < N; ++n) {
          KG_UNROLL for (int p = 0; p < parts; ++p) sum[r][n] += ws[p] * xs[n][p];
        }
      }
    }
    KG_UNROLL for (int r = 0; r < R; ++r) {
      KG_UNROLL for (int n = 0; n < N; ++n) total.of[r][n] += kernelgate::sum(sum[r][n]);
    }
    for (; k < terms; ++k) {  // the remainder belongs to the one partial that reaches it
      KG_UNROLL for (int r = 0; r < R; ++r) {
        KG_UNROLL for (int n = 0; n < N; ++n) {
          total.of[r][n] += to_float(w[r][k]) * to_float(x[n][k]);
        }
      }
    }
  }

 private:
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION static void read(const T* from, F (&parts)[1]) {
    parts[0] = widen<F::width>(from);
  }
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION static void read(const T* from, F (&parts)[2]) {
    using Bits = Pack<std::uint32_t, F::width>;
    const Bits words = load<Bits>(reinterpret_cast<const std::uint32_t*>(from));
    parts[0] = low_bf16(words);
    parts[1] = high_bf16(words);
  }
};

/// A stored matrix [rows,columns] as the operand of tiles and of row dots.
template <class T>
struct StoredMatrix {
  static constexpr std::size_t scratch_bytes = 0;  // per team, for an operand

  const T* data = nullptr;
  std::int64_t columns = 0;

  /// The operand whose row r is row first + row_of(r) of the matrix; zeros where row_of(r) is
  /// negative.
  template <class Tile, class Team, class RowOf>
  KOKKOS_FORCEINLINE_FUNCTION auto operand(const Team&, std::int64_t first,
                                           const RowOf& row_of) const {
    return StoredOperand{
        [row_of, from = data + first * columns, step = static_cast<int>(columns)](int r) {
          const std::int64_t row = row_of(r);
          return row < 0 ? nullptr : from + row * step;
        },
        columns};
  }
  /// Calls f(StoredDots): bf16 rows that begin at word boundaries are read as words.
  template <class Shape, class F>
  auto with_dots(const F& f) const {
    if constexpr (std::is_same_v<T, bf16>) {
      if (columns % 2 == 0) return f(StoredDots<Shape, T, true>{data, columns});
    }
    return f(StoredDots<Shape, T, false>{data, columns});
  }
};

/// Vectors [count,terms] in the layout of Dots: those of the case, or a rearranged copy.
template <class Dots, class T>
class DotVectors {
 public:
  using X = typename Dots::X;

  DotVectors(const Staged<T>& vectors, std::int64_t count, std::int64_t terms)
      : vectors_(vectors), count_(count), terms_(terms) {
    if constexpr (!Dots::in_place) {
      laid_out_ = DeviceView<X>("laid out vectors", static_cast<std::size_t>(count * terms));
    }
  }

  const X* data() const {
    if constexpr (Dots::in_place) {
      return vectors_.data();
    } else {
      return laid_out_.data();
    }
  }
  void lay_out() const {
    if constexpr (!Dots::in_place) {
      Kokkos::parallel_for(
          "lay out vectors",
          Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>>(0, count_ * terms_),
          LayOut{vectors_.data(), laid_out_.data(), terms_});
    }
  }

 private:
  struct LayOut {
    const T* from;
    X* to;
    std::int64_t terms;
    KOKKOS_FUNCTION void operator()(std::int64_t i) const {
      const std::int64_t k = i % terms;
      to[i - k + Dots::place(k, terms)] = to_float(from[i]);
    }
  };

  Staged<T> vectors_;
  std::int64_t count_, terms_;
  DeviceView<X> laid_out_;
};

/// The sums of one thread: R rows with N vectors. Valid on every vector lane.
template <class Shape, int R, int N, class Team, class Dots>
KOKKOS_FUNCTION DotSums<R, N> row_dots(const Team& team, const Dots& dots,
                                       const std::int64_t (&row)[R],
                                       const typename Dots::X* const (&x)[N], int ahead) {
  DotSums<R, N> total;
  if constexpr (Shape::dot_partials == 1) {
    dots.add(0, row, x, ahead, total);
  } else {
    Kokkos::parallel_reduce(
        Kokkos::ThreadVectorRange(team, int{Shape::dot_partials}),
        [&](int partial, DotSums<R, N>& sums) { dots.add(partial, row, x, ahead, sums); }, total);
  }
  return total;
}

/// Calls write(row, vector, sum) once per sum, for rows [begin, end) and vectors [0, count), by one
/// team. Threads take rows; further groups of up to MaxVectors vectors reuse rows that are still in
/// the cache. `vector(n)` points to vector n. `dots` is the result of of_team().
template <class Shape, int MaxVectors, class Team, class Dots, class Vector, class Write>
KOKKOS_FUNCTION void team_row_dots(const Team& team, const Dots& dots, std::int64_t begin,
                                   std::int64_t end, int count, const Vector& vector,
                                   const Write& write) {
  const auto pass = [&]<int N>(std::integral_constant<int, N>, int first) {
    // Fewer rows at a time, because more vectors need more registers.
    constexpr int R = N <= 2 || Dots::max_rows == 1 ? Dots::max_rows : Dots::max_rows / 2;
    const int groups = static_cast<int>((end - begin + R - 1) / R);
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, groups), [&](int g) {
      std::int64_t row[R];
      KG_UNROLL for (int r = 0; r < R; ++r) {
        const std::int64_t at = begin + g * R + r;
        row[r] = at < end ? at : end - 1;
      }
      const typename Dots::X* x[N];
      KG_UNROLL for (int n = 0; n < N; ++n) x[n] = vector(first + n);
      const DotSums<R, N> total = row_dots<Shape>(team, dots, row, x, R);
      Kokkos::single(Kokkos::PerThread(team), [&] {
        KG_UNROLL for (int r = 0; r < R; ++r) {
          if (begin + g * R + r >= end) break;
          KG_UNROLL for (int n = 0; n < N; ++n) write(row[r], first + n, total.of[r][n]);
        }
      });
    });
  };
  int first = 0;
  if constexpr (MaxVectors >= 4) {
    for (; first + 4 <= count; first += 4) pass(std::integral_constant<int, 4>{}, first);
  }
  if constexpr (MaxVectors >= 2) {
    for (; first + 2 <= count; first += 2) pass(std::integral_constant<int, 2>{}, first);
  }
  for (; first < count; ++first) pass(std::integral_constant<int, 1>{}, first);
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
