#include "kernels/cca_attention/attention_codes.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t lead = 480;                          // c: 15 * 2^5
constexpr std::array<std::int64_t, 4> step = {1, 2, 2, 2};  // m: a unique nearest neighbour
constexpr std::int64_t radix = 32, half = 16;
constexpr std::int64_t offset_key = 256;

std::int64_t pick(std::uint64_t word, std::int64_t count) {
  return static_cast<std::int64_t>((word >> 8) % static_cast<std::uint64_t>(count));
}

// The component of the code stored at x: codes are rotated by the kv head.
std::int64_t code_component(std::int64_t x, std::int64_t j, std::int64_t d) {
  return (x + 5 * j) % d;
}

}  // namespace

// Other sequences and kv heads use different numbers for the same row, so a mixed-up row loses.
AttentionCodes::Digits AttentionCodes::digits(std::int64_t b, std::int64_t s,
                                              std::int64_t j) const {
  std::int64_t rest = s + 7919 * b + 104729 * j;
  Digits list{};
  for (std::int64_t& digit : list) {
    digit = rest % radix - half;
    rest /= radix;
  }
  return list;
}

std::int64_t AttentionCodes::repeats() const {
  return std::min<std::int64_t>(15, (c_.head_dim - 1) / 8);
}

// Pushes every score below -20000, so that a hidden key masked with -10000 would win. 8 bits.
double AttentionCodes::offset() const {
  const double highest = static_cast<double>(lead * half * half * 7 * repeats());
  const double least = (highest + 20000 * std::sqrt(static_cast<double>(c_.head_dim))) / offset_key;
  const double unit = std::ldexp(1.0, std::ilogb(least) - 7);
  return std::ceil(least / unit) * unit;
}

AttentionCodes::Aim AttentionCodes::aim(std::int64_t b, std::int64_t t, std::int64_t n) const {
  const VisibleKeys seen = c_.visible(b, t);
  const std::int64_t j = n / c_.group();
  const std::uint64_t word =
      word_at(key_, static_cast<std::uint64_t>((b * c_.tokens + t) * c_.heads + n));
  switch (word % 4) {
    case 0:  // the row before the range: the oldest row is nearest, unless the low digit carries
      if (seen.begin == 0 || digits(b, seen.begin, j)[0] == -half) return {seen.begin, seen.begin};
      return {seen.begin, seen.begin - 1};
    case 1:  // the row after it
      if (seen.end == c_.rows() || digits(b, seen.end, j)[0] == -half) {
        return {seen.end - 1, seen.end - 1};
      }
      return {seen.end - 1, seen.end};
    default: {
      const std::int64_t row = seen.begin + pick(word, seen.count());
      return {row, row};
    }
  }
}

double AttentionCodes::query(std::int64_t b, std::int64_t t, std::int64_t n, std::int64_t x) const {
  const std::int64_t j = n / c_.group();
  const std::int64_t at = code_component(x, j, c_.head_dim);
  if (at == 0) return -offset();
  const std::int64_t i = (at - 1) % 8 / 2;
  if (at > 8 * repeats()) return static_cast<double>(1 + (t + n) % 7);  // the same for every key
  if (at % 2 == 0) return static_cast<double>(-step[i] * lead);         // times the square
  if (c_.visible(b, t).count() == 0) return 0;
  return static_cast<double>(2 * step[i] * lead * digits(b, aim(b, t, n).target, j)[i]);
}

double AttentionCodes::key(std::int64_t b, std::int64_t s, std::int64_t j, std::int64_t x) const {
  const std::int64_t at = code_component(x, j, c_.head_dim);
  if (at == 0) return static_cast<double>(offset_key);
  if (at > 8 * repeats()) return 1;
  const std::int64_t digit = digits(b, s, j)[(at - 1) % 8 / 2];
  return static_cast<double>(at % 2 == 0 ? digit * digit : digit);
}

}  // namespace kernelgate
