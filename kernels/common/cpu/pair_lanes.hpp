// Pairs of bf16 in vector lanes: a lane multiplies two adjacent numbers of a row with two of
// another and adds both products to its f32 (AVX512_BF16: Intel's Software Developer's Manual,
// volume 2, VDPBF16PS; AMD since Zen 4). This takes half the instructions of widened lanes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "harness/core/number.hpp"
#include "kernels/common/cpu/lanes.hpp"

#if defined(__AVX512BF16__) && defined(__AVX512F__)
#define KERNELGATE_PAIR_LANES 1
#endif

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// The reason why this build has no such lanes; nothing if it has them.
inline std::optional<std::string> pair_lanes_unsupported_reason() {
#ifdef KERNELGATE_PAIR_LANES
  return std::nullopt;
#else
  return "needs AVX-512 with bf16, which the processor this build is for (-march) does not have";
#endif
}

#ifdef KERNELGATE_PAIR_LANES
/// Adds the two products of each lane to it and rounds to nearest even; subnormal numbers count as
/// zeros.
[[gnu::always_inline]] inline Lanes add_pairs(Lanes sum, Lanes a, Lanes b) {
  return _mm512_dpbf16_ps(sum, std::bit_cast<__m512bh>(a), std::bit_cast<__m512bh>(b));
}

/// For dot_rows(): a register contains 32 terms of bf16 in their stored form.
struct PairTerms {
  static constexpr std::int64_t step = 2 * lane_count;

  static Lanes weight(const bf16* row) { return bits_of(row, step); }
  static Lanes weight(const bf16* row, std::int64_t count) { return bits_of(row, count); }
  static Lanes activation(const float* token, std::int64_t k) {
    return bits_of(reinterpret_cast<const bf16*>(token) + k, step);
  }
  static Lanes activation(const float* token, std::int64_t k, std::int64_t count) {
    return bits_of(reinterpret_cast<const bf16*>(token) + k, count);
  }
  static void add(Lanes& sum, Lanes w, Lanes x) { sum = add_pairs(sum, w, x); }

 private:
  [[gnu::always_inline]] static Lanes bits_of(const bf16* from, std::int64_t count) {
    Lanes x{};
    std::memcpy(&x, from, static_cast<std::size_t>(count) * sizeof(bf16));
    return x;
  }
};

/// For multiply_wide_rows(): a number of a tile contains two terms of a row.
struct PairProduct {
  [[gnu::always_inline]] static Lanes spread(const float* pair) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, pair, sizeof bits);
    return reinterpret_cast<Lanes>(LaneBits{} + bits);
  }
  [[gnu::always_inline]] static void add(Lanes& sum, Lanes w, Lanes x) {
    sum = add_pairs(sum, w, x);
  }
};
#endif

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
