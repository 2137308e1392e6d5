// Where in the program an access stands: a return address as four bytes, and its file and line.
#pragma once

#include <cstdint>
#include <string>

#include "harness/checker/finding.hpp"

namespace kernelgate {

/// The place of an address that is far from the executor's own code, in a library of kernels.
Place far_place(const void* return_address);

/// How far the code of kernels that are linked into the program may be from the executor's.
inline constexpr std::int64_t near_range = 1LL << 30;

/// Four bytes for a return address.
inline Place place_of(const void* return_address) {
  const std::int64_t distance = reinterpret_cast<std::intptr_t>(return_address) -
                                reinterpret_cast<std::intptr_t>(&far_place) + near_range;
  return distance > 0 && distance < 2 * near_range ? static_cast<Place>(distance)
                                                   : far_place(return_address);
}

/// "topk_kernel.hpp:41": the line of the innermost function outside of the dialect, by addr2line of
/// binutils (which comes with the compiler) and the unit's debug lines; without them the function
/// and the offset in it.
std::string name_of_place(Place place);

}  // namespace kernelgate
