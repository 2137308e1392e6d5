// What every fuzzed reader must do: read the input, or refuse it with BadInput. Any other exception
// ends the program, as a crash, a leak, a hang or undefined behaviour does.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/core/error.hpp"

namespace kernelgate::fuzzing {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Runs `read`; a refusal must say something.
template <class Read>
int read_or_refuse(Read read) {
  try {
    read();
  } catch (const BadInput& refusal) {
    if (std::string_view(refusal.what()).empty()) std::abort();
  }
  return 0;
}

/// For what must hold of everything that a reader accepts.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace kernelgate::fuzzing
