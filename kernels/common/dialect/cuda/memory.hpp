// Vector access: one instruction for up to 16 bytes. Part of dialect.hpp.
#pragma once

#include "kernels/common/dialect/common/vec.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// The type that one instruction moves for a given number of bytes.
template <int bytes>
struct KWord;
template <>
struct KWord<2> {
  using type = u16;
};
template <>
struct KWord<4> {
  using type = u32;
};
template <>
struct KWord<8> {
  using type = uint2;
};
template <>
struct KWord<16> {
  using type = uint4;
};

/// Loads N values from p, which is aligned to their total size.
template <int N, class T>
KDEV Vec<T, N> k_load(const T* p) {
  using Word = typename KWord<N* static_cast<int>(sizeof(T))>::type;
  return __builtin_bit_cast(Vec<T, N>, *reinterpret_cast<const Word*>(p));
}
template <int N, class T>
KDEV void k_store(T* p, Vec<T, N> value) {
  using Word = typename KWord<N* static_cast<int>(sizeof(T))>::type;
  *reinterpret_cast<Word*>(p) = __builtin_bit_cast(Word, value);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
