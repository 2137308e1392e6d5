// Read-only view of numbers of any storage type as doubles. References read weights, caches and
// kernel inputs through it, so one scalar reference serves the judge's buffers and a mapped
// checkpoint.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "harness/core/dtype.hpp"

namespace kernelgate {

/// A view: the owner of the numbers must outlive it. Reads need no alignment.
class Values {
 public:
  Values() = default;
  Values(Dtype type, const void* data, std::int64_t size)
      : data_(static_cast<const std::byte*>(data)), size_(size), type_(type) {}
  template <class T>
  Values(std::span<const T> x)  // NOLINT: a span of storage numbers is a Values
      : Values(dtype_of<T>, x.data(), static_cast<std::int64_t>(x.size())) {}
  template <class T>
  Values(const std::vector<T>& x)  // NOLINT: so is a vector
      : Values(std::span<const T>(x)) {}

  std::int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Dtype type() const { return type_; }
  const std::byte* bytes() const { return data_; }

  double operator[](std::int64_t i) const {
    switch (type_) {
      case Dtype::f32:
        return read<float>(i);
      case Dtype::bf16:
        return to_float(read<bf16>(i));
      case Dtype::f16:
        return to_float(read<f16>(i));
      case Dtype::f64:
        return read<double>(i);
      case Dtype::i32:
        return read<std::int32_t>(i);
      case Dtype::i64:
        return static_cast<double>(read<std::int64_t>(i));
      case Dtype::u8:
        return read<std::uint8_t>(i);
    }
    return 0;
  }

  /// `count` numbers that start at `begin`.
  Values slice(std::int64_t begin, std::int64_t count) const {
    return {type_, data_ + begin * size_bytes(type_), count};
  }
  /// Row `r` of a matrix with `width` numbers per row.
  Values row(std::int64_t r, std::int64_t width) const { return slice(r * width, width); }

 private:
  template <class T>
  T read(std::int64_t i) const {
    T x;
    std::memcpy(&x, data_ + i * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    return x;
  }

  const std::byte* data_ = nullptr;
  std::int64_t size_ = 0;
  Dtype type_ = Dtype::f32;
};

/// The same numbers as a vector of N (double, Bounded).
template <class N>
std::vector<N> numbers(Values x) {
  std::vector<N> all;
  all.reserve(static_cast<std::size_t>(x.size()));
  for (std::int64_t i = 0; i < x.size(); ++i) all.emplace_back(x[i]);
  return all;
}

}  // namespace kernelgate
