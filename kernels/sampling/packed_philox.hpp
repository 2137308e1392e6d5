// Random words of sampling in packs: Philox 4x32-10 of one key, with a counter per number.
#pragma once

#include <cstdint>

#include "harness/core/random.hpp"
#include "kernels/common/kokkos/pack.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// The first Philox word of the counters (id, rest of `counter`) under a key.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<std::uint32_t, W> philox_words(const Pack<std::uint32_t, W>& ids,
                                                                const PhiloxWords& counter,
                                                                std::uint64_t key) {
  using U = Pack<std::uint32_t, W>;
  U word[4] = {ids, broadcast<U>(counter.word[1]), broadcast<U>(counter.word[2]),
               broadcast<U>(counter.word[3])};
  auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  KG_ROLL for (int round = 0; round < 10; ++round) {
    U low0, high0, low1, high1;
    multiply_wide(word[0], 0xD2511F53U, low0, high0);
    multiply_wide(word[2], 0xCD9E8D57U, low1, high1);
    word[0] = high1 ^ word[1] ^ k0;
    word[1] = low1;
    word[2] = high0 ^ word[3] ^ k1;
    word[3] = low0;
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return word[0];
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
