// Counter-based random numbers: a number is a function of (key, counter), independent of earlier
// draws. Inputs therefore do not depend on thread count or order and can be generated on a device
// too.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "harness/core/number.hpp"

namespace kernelgate {

/// FNV-1a, 64 bits, over the bytes of a text (spec A.1: names of tensors). `before`: the hash of
/// the preceding text.
constexpr std::uint64_t fnv1a64(std::string_view text,
                                std::uint64_t before = 0xCBF29CE484222325ULL) {
  std::uint64_t h = before;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return h;
}

/// splitmix64's output function (spec A.1).
KG_FUNCTION constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9ULL;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// The i-th 64-bit word of the stream `key`.
KG_FUNCTION constexpr std::uint64_t word_at(std::uint64_t key, std::uint64_t i) {
  return mix64(key + (i + 1) * 0x9E3779B97F4A7C15ULL);
}

/// Philox 4x32-10 (Salmon et al., SC 2011): four 32-bit words from a 128-bit counter and 64-bit
/// key.
struct PhiloxWords {
  std::uint32_t word[4];
};

KG_FUNCTION PhiloxWords philox4x32(PhiloxWords counter, std::uint64_t key) {
  std::uint32_t k0 = static_cast<std::uint32_t>(key);
  std::uint32_t k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = 0xD2511F53ULL * counter.word[0];
    const std::uint64_t p1 = 0xCD9E8D57ULL * counter.word[2];
    counter = PhiloxWords{{static_cast<std::uint32_t>(p1 >> 32) ^ counter.word[1] ^ k0,
                           static_cast<std::uint32_t>(p1),
                           static_cast<std::uint32_t>(p0 >> 32) ^ counter.word[3] ^ k1,
                           static_cast<std::uint32_t>(p0)}};
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return counter;
}

}  // namespace kernelgate
