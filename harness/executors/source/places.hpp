// Source locations of accesses: a return address packed into four bytes, and its file and line.
#pragma once

#include <cstdint>
#include <string>

#include "harness/checker/finding.hpp"

namespace kernelgate {

/// The location of an address far from the executor's own code, in a library of kernels.
Place far_place(const void* return_address);

/// The maximum distance in bytes between the executor's code and that of kernels linked into the
/// program.
inline constexpr std::int64_t near_range = 1LL << 30;

/// Packs a return address into four bytes.
inline Place place_of(const void* return_address) {
  const std::int64_t distance = reinterpret_cast<std::intptr_t>(return_address) -
                                reinterpret_cast<std::intptr_t>(&far_place) + near_range;
  return distance > 0 && distance < 2 * near_range ? static_cast<Place>(distance)
                                                   : far_place(return_address);
}

/// "topk_kernel.hpp:41": the line of the innermost function outside the dialect, by addr2line of
/// binutils (which comes with the compiler) and the unit's debug lines. Without them, the function
/// and the offset in it.
std::string name_of_place(Place place);

}  // namespace kernelgate
