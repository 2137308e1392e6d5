// Element types of tensors in cases, checkpoints and records, with their conversions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "harness/core/number.hpp"

namespace kernelgate {

/// Element type of a tensor. Sizes in bytes: 4 2 2 8 4 8 1.
enum class Dtype { f32, bf16, f16, f64, i32, i64, u8 };

/// Number grid of a floating type: spacing at 1 (epsilon) and smallest positive value. f32: 2^-23,
/// 2^-149. bf16: 2^-7, 2^-133. f16: 2^-10, 2^-24. f64 counts as exact: 0, 0.
struct Grid {
  double epsilon = 0;
  double smallest = 0;
};

std::string_view name(Dtype type);
std::optional<Dtype> parse_dtype(std::string_view text);
std::int64_t size_bytes(Dtype type);
bool is_floating(Dtype type);
Grid grid(Dtype type);

/// The nearest number of the type (ties to even), overflow to infinity. f64 returns x itself.
/// Double to bf16 and f16 rounds once, not through f32. Integers round to nearest.
double round_to(Dtype type, double x);

/// Bits of a floating type from a double, rounded once; only the low size_bytes(type) bytes are
/// used.
std::uint64_t encode(Dtype type, double x);
double decode(Dtype type, std::uint64_t bits);
/// The same for many numbers, stored one after another at `to`, which needs no alignment.
void encode(Dtype type, std::span<const double> from, std::byte* to);

template <class T>
inline constexpr Dtype dtype_of = Dtype::f32;
template <>
inline constexpr Dtype dtype_of<bf16> = Dtype::bf16;
template <>
inline constexpr Dtype dtype_of<f16> = Dtype::f16;
template <>
inline constexpr Dtype dtype_of<double> = Dtype::f64;
template <>
inline constexpr Dtype dtype_of<std::int32_t> = Dtype::i32;
template <>
inline constexpr Dtype dtype_of<std::int64_t> = Dtype::i64;
template <>
inline constexpr Dtype dtype_of<std::uint8_t> = Dtype::u8;

}  // namespace kernelgate
