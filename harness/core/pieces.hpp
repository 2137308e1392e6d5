// Divisions that round up: how many pieces cover an extent, and the extent that they cover.
#pragma once

#include <concepts>
#include <type_traits>

namespace kernelgate {

/// The number of pieces of size `piece` that cover `extent`; the last one may be shorter. Neither
/// is negative, and `piece` is not 0.
template <std::integral T>
constexpr T pieces(T extent, std::type_identity_t<T> piece) {
  return (extent + piece - 1) / piece;
}

/// `extent` rounded up to whole pieces.
template <std::integral T>
constexpr T rounded_up(T extent, std::type_identity_t<T> piece) {
  return pieces(extent, piece) * piece;
}

}  // namespace kernelgate
