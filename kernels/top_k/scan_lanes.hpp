// A row of numbers read as ranks by the host's vector registers, for the filter of top_k's CPU form.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#include "harness/core/number.hpp"

namespace kernelgate {

#if defined(__AVX512F__)
inline constexpr int rank_lanes = 16;
#elif defined(__AVX2__)
inline constexpr int rank_lanes = 8;
#else
inline constexpr int rank_lanes = 4;
#endif

using Ranks = std::int32_t __attribute__((vector_size(4 * rank_lanes)));
using HalfBits = std::uint16_t __attribute__((vector_size(2 * rank_lanes)));

/// Bits of sign and magnitude as a signed number: larger is better (order_key turned round).
inline std::int32_t rank_of_bits(std::uint32_t bits) {
  const auto value = static_cast<std::int32_t>(bits);
  return value ^ static_cast<std::int32_t>(static_cast<std::uint32_t>(value >> 31) >> 1);
}
inline Ranks ranks_of_bits(Ranks bits) {
  return bits ^ ((bits >> 31) & 0x7FFFFFFF);
}
inline std::uint32_t key_of_rank(std::int32_t rank) {
  return static_cast<std::uint32_t>(rank) ^ 0x7FFFFFFFU;
}

inline Ranks load_ranks(const float* x) {
  Ranks bits;
  std::memcpy(&bits, x, sizeof(bits));
  return ranks_of_bits(bits);
}
template <class Half>
Ranks load_ranks(const Half* x) {
  HalfBits bits;
  std::memcpy(&bits, x, sizeof(bits));
  return ranks_of_bits(__builtin_convertvector(bits, Ranks) << 16);
}

/// One bit for each lane whose rank is at least `least`.
inline std::uint64_t lanes_at_least(Ranks ranks, std::int32_t least) {
#if defined(__AVX512F__)
  return _mm512_cmpge_epi32_mask(reinterpret_cast<__m512i>(ranks), _mm512_set1_epi32(least));
#elif defined(__AVX2__)
  const auto below = _mm256_castsi256_ps(
      _mm256_cmpgt_epi32(_mm256_set1_epi32(least), reinterpret_cast<__m256i>(ranks)));
  return static_cast<std::uint64_t>(~_mm256_movemask_ps(below) & 0xFF);
#else
  std::uint64_t bits = 0;
  for (int lane = 0; lane < rank_lanes; ++lane) {
    bits |= std::uint64_t{ranks[lane] >= least} << lane;
  }
  return bits;
#endif
}

}  // namespace kernelgate
