// Views of work space as bytes and as numbers, shared by the parts of the forward pass.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kernelgate::model {

inline std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

template <class T>
T* as(std::byte* memory) {
  return reinterpret_cast<T*>(memory);
}
template <class T>
const std::byte* bytes_of(const T* memory) {
  return reinterpret_cast<const std::byte*>(memory);
}

}  // namespace kernelgate::model
