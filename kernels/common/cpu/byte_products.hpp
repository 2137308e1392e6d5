// Detects whether this build's processor multiplies bytes: AVX-512 with VNNI and VBMI. If it does,
// the four-bit kernels have a CPU-only form, whose products are in four_bit_weight.hpp.
// Elsewhere the portable form is faster, with AVX2 by a factor of 2.4 to 2.8.
#pragma once

#include <optional>
#include <string>

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && \
    defined(__AVX512VBMI__) && defined(__AVX512VNNI__)
#define KERNELGATE_BYTE_PRODUCTS 1
#endif

namespace kernelgate {

/// The reason why byte products are unavailable; nothing if they are available.
inline std::optional<std::string> byte_products_unsupported_reason() {
#ifdef KERNELGATE_BYTE_PRODUCTS
  return std::nullopt;
#else
  return "needs AVX-512 with VNNI and VBMI, which the processor this build is for (-march) "
         "does not have; use variant kokkos";
#endif
}

}  // namespace kernelgate
