// A row of numbers read as ranks by the host's vector registers, for the filter of top_k's CPU
// form.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
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
inline Ranks ranks_of_bits(Ranks bits) { return bits ^ ((bits >> 31) & 0x7FFFFFFF); }
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

/// A block of registers: what one test of the scan looks at.
inline constexpr int block_registers = 4;
inline constexpr std::int64_t block_ranks = block_registers * rank_lanes;

/// Where any number reaches `least`. One branch a block, and none of the work of appending where
/// nothing does: after a good guess that is most of a row.
inline bool any_reaches(const Ranks (&ranks)[block_registers], std::int32_t least) {
  Ranks most = ranks[0];
  for (int v = 1; v < block_registers; ++v) most = ranks[v] > most ? ranks[v] : most;
#if defined(__AVX512F__)
  return _mm512_cmpge_epi32_mask(reinterpret_cast<__m512i>(most), _mm512_set1_epi32(least)) != 0;
#else
  const Ranks hits = most >= least;
  std::int32_t any = 0;
  for (int lane = 0; lane < rank_lanes; ++lane) any |= hits[lane];
  return any != 0;
#endif
}

/// How many of `count` ranks, a multiple of block_ranks, are at least `least`.
inline std::int64_t count_reaching(const std::int32_t* ranks, std::int64_t count,
                                   std::int32_t least) {
  Ranks hits[block_registers] = {};
  for (std::int64_t i = 0; i < count; i += block_ranks) {
    for (int v = 0; v < block_registers; ++v) {
      Ranks here;
      std::memcpy(&here, ranks + i + v * rank_lanes, sizeof(here));
      hits[v] -= here >= least;  // a lane that compares true is -1
    }
  }
  const Ranks total = hits[0] + hits[1] + hits[2] + hits[3];
  std::int64_t sum = 0;
  for (int lane = 0; lane < rank_lanes; ++lane) sum += total[lane];
  return sum;
}

/// Appends ranks of at least `least` and their positions, counted from `position`, to two arrays
/// with room for a whole vector behind their end. Returns how many there were. Without a branch
/// where the host can compress: a mispredicted one costs more than 16 numbers.
inline std::int64_t append_hits(Ranks ranks, std::int32_t least, std::int64_t position,
                                std::int32_t* rank_end, std::int32_t* position_end) {
#if defined(__AVX512F__)
  const auto lanes = reinterpret_cast<__m512i>(ranks);
  const __m512i steps = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i places = _mm512_add_epi32(steps, _mm512_set1_epi32(static_cast<int>(position)));
  const __mmask16 hit = _mm512_cmpge_epi32_mask(lanes, _mm512_set1_epi32(least));
  _mm512_storeu_si512(rank_end, _mm512_maskz_compress_epi32(hit, lanes));
  _mm512_storeu_si512(position_end, _mm512_maskz_compress_epi32(hit, places));
  return std::popcount(static_cast<std::uint32_t>(hit));
#else
  const Ranks hits = ranks >= least;
  std::int32_t any = 0;
  for (int lane = 0; lane < rank_lanes; ++lane) any |= hits[lane];
  if (any == 0) return 0;
  std::int64_t count = 0;
  for (int lane = 0; lane < rank_lanes; ++lane) {
    if (hits[lane] == 0) continue;
    rank_end[count] = ranks[lane];
    position_end[count++] = static_cast<std::int32_t>(position) + lane;
  }
  return count;
#endif
}

}  // namespace kernelgate
