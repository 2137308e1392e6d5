// The contract of every fuzzed reader: it reads the input or rejects it with BadInput. Any other
// exception ends the program, as a crash, a leak, a hang or undefined behaviour does.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/core/error.hpp"

namespace kernelgate::fuzzing {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Runs `read`. A BadInput must have a message.
template <class Read>
int read_or_refuse(Read read) {
  try {
    read();
  } catch (const BadInput& refusal) {
    if (std::string_view(refusal.what()).empty()) std::abort();
  }
  return 0;
}

/// Aborts unless `holds`: a condition on every input that a reader accepts.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace kernelgate::fuzzing
