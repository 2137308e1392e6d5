// The variants tested by the tests of both four-bit kernels.
#pragma once

#include <string>
#include <vector>

#include "kernels/common/cpu/byte_products.hpp"

namespace kernelgate {

/// The portable variants, and the tuned one if this build has it.
inline std::vector<std::string> four_bit_variants() {
  std::vector<std::string> names{"kokkos", "kokkos/device-shape"};
  if (!byte_products_unsupported_reason()) names.emplace_back("kokkos/cpu");
  return names;
}

}  // namespace kernelgate
