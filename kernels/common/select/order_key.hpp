// The order of top_k as whole numbers: smaller is better, and no two entries of a row are equal.
#pragma once

#include <cstdint>

#include "harness/core/number.hpp"

namespace kernelgate {

/// Bits of a number as 32 bits with the order of their type. Sign and magnitude order 16-bit floats
/// as they order f32, so 16-bit floats need no conversion.
KG_FUNCTION std::uint32_t upper_bits(float x) { return float_to_bits(x); }
KG_FUNCTION std::uint32_t upper_bits(bf16 x) { return static_cast<std::uint32_t>(x.bits) << 16; }
KG_FUNCTION std::uint32_t upper_bits(f16 x) { return static_cast<std::uint32_t>(x.bits) << 16; }

/// Spec 7.2's key: negative numbers keep their bits, others flip all but the sign.
KG_FUNCTION std::uint32_t order_key(std::uint32_t bits) {
  return (bits >> 31) != 0 ? bits : bits ^ 0x7FFFFFFFU;
}
/// The map is its own inverse on either side of the sign bit.
KG_FUNCTION std::uint32_t bits_of_key(std::uint32_t key) { return order_key(key); }

template <class T>
KG_FUNCTION T value_of_key(std::uint32_t key) {
  return T{static_cast<std::uint16_t>(bits_of_key(key) >> 16)};
}
template <>
KG_FUNCTION float value_of_key<float>(std::uint32_t key) {
  return bits_to_float(bits_of_key(key));
}

/// Key above position: value falling, then position rising. Positions have 31 bits, so `no_entry`
/// sorts after every entry.
using Entry = std::uint64_t;
inline constexpr Entry no_entry = ~Entry{0};

template <class T>
KG_FUNCTION Entry entry_of(T x, std::int64_t position) {
  return static_cast<Entry>(order_key(upper_bits(x))) << 32 | static_cast<std::uint32_t>(position);
}
KG_FUNCTION std::uint32_t key_of(Entry e) { return static_cast<std::uint32_t>(e >> 32); }
KG_FUNCTION std::int32_t position_of(Entry e) { return static_cast<std::int32_t>(e & 0x7FFFFFFFU); }

}  // namespace kernelgate
