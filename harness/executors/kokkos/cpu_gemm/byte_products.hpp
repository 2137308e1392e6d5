// Whether this build's processor multiplies bytes: AVX-512 with VNNI and VBMI. The four-bit kernels
// have a form for the CPU alone where it does; the headers four_bit_*.hpp here are for such builds.
// Elsewhere the portable form is the faster one, with AVX2 by a factor of 2.4 to 2.8.
#pragma once

#include <optional>
#include <string>

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && \
    defined(__AVX512VBMI__) && defined(__AVX512VNNI__)
#define KERNELGATE_BYTE_PRODUCTS 1
#endif

namespace kernelgate {

/// Why there are no products of bytes here; nothing where there are.
inline std::optional<std::string> byte_products_refusal() {
#ifdef KERNELGATE_BYTE_PRODUCTS
  return std::nullopt;
#else
  return "needs AVX-512 with VNNI and VBMI, which the processor this build is for (-march) "
         "does not have; use variant kokkos";
#endif
}

}  // namespace kernelgate
