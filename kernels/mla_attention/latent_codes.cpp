#include "kernels/mla_attention/latent_codes.hpp"

#include <bit>
#include <cmath>

#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

constexpr double offset_key = 256;
constexpr double min_lead = 111;

std::int64_t bits_of(const MlaAttentionCase& c) {
  return std::bit_width(static_cast<std::uint64_t>(c.rows()));
}

// Consecutive numbers differ in one bit, and so do the last and the first of 2^bits.
std::uint64_t gray(std::int64_t number, std::int64_t bits) {
  const auto n = static_cast<std::uint64_t>(number) & ((std::uint64_t{1} << bits) - 1);
  return n ^ (n >> 1);
}

double sign_of(std::uint64_t code, std::int64_t bit) { return (code >> bit & 1) != 0 ? 1 : -1; }

// Key component where no whole code fits: the same in every row, so that no row gains by it.
double beside_codes(std::int64_t x) { return static_cast<double>(1 + x % 3); }

// Query component for one bit of the target's code. A hidden target and the winner differ in one
// bit, which counts half, so that no other row is as near.
double aimed(std::uint64_t target, std::uint64_t winner, std::int64_t bit, double cost) {
  return sign_of(target, bit) * ((target ^ winner) >> bit & 1 ? cost : 2 * cost);
}

}  // namespace

std::int64_t LatentCodes::min_own(const MlaAttentionCase& c) { return 1 + bits_of(c); }

LatentCodes::LatentCodes(const MlaAttentionCase& c, std::uint64_t key)
    : c_(c),
      key_(key),
      bits_(bits_of(c)),
      own_copies_((c.own() - 1) / bits_),
      rope_copies_(c.rope / bits_) {
  const double scale = std::sqrt(static_cast<double>(c.nope + c.rope));
  const auto copies = static_cast<double>(own_copies_ + rope_copies_);
  cost_ = std::exp2(std::ceil(std::log2(std::max(1.0, min_lead * scale / (2 * copies)))));
  // Pushes every score below -20000, so that a hidden row masked with -10000 would win. 8 bits.
  const double highest = static_cast<double>(bits_) * (2 * cost_ * copies + 2 * 7 * 3);
  const double least = (highest + 20000 * scale) / offset_key;
  const double unit = std::ldexp(1.0, std::ilogb(least) - 7);
  offset_ = std::ceil(least / unit) * unit;
}

// Other sequences and heads use different numbers for the same row, so a mixed-up row loses.
std::uint64_t LatentCodes::own_code(std::int64_t b, std::int64_t s, std::int64_t j) const {
  return gray(s + 7919 * b + 104729 * j, bits_);
}
std::uint64_t LatentCodes::rope_code(std::int64_t b, std::int64_t s) const {
  return gray(s + 7919 * b + 31, bits_);
}

LatentCodes::Aim LatentCodes::aim(std::int64_t b, std::int64_t t, std::int64_t n) const {
  const VisibleKeys seen = c_.visible(b, t);
  const std::uint64_t word =
      word_at(key_, static_cast<std::uint64_t>((b * c_.tokens + t) * c_.heads + n));
  if (word % 4 == 0 && seen.begin > 0) return {seen.begin, seen.begin - 1};
  if (word % 4 == 1 && seen.end < c_.rows()) return {seen.end - 1, seen.end};
  const auto count = static_cast<std::uint64_t>(seen.count());
  const std::int64_t row = seen.begin + static_cast<std::int64_t>((word >> 8) % count);
  return {row, row};
}

double LatentCodes::query(std::int64_t b, std::int64_t t, std::int64_t n, std::int64_t x) const {
  if (x == 0) return -offset_;
  const std::int64_t turned = x - c_.own();
  const bool coded = turned < 0 ? x < own_end() : turned < rope_end();
  if (!coded) return static_cast<double>(1 + (t + n) % 7);  // the same for every key
  if (c_.visible(b, t).count() == 0) return 0;
  const Aim at = aim(b, t, n);
  if (turned >= 0) {
    return aimed(rope_code(b, at.target), rope_code(b, at.winner), turned % bits_, cost_);
  }
  const std::int64_t j = n / c_.group();
  return aimed(own_code(b, at.target, j), own_code(b, at.winner, j), (x - 1) % bits_, cost_);
}

double LatentCodes::own(std::int64_t b, std::int64_t s, std::int64_t j, std::int64_t x) const {
  if (x == 0) return offset_key;
  return x < own_end() ? sign_of(own_code(b, s, j), (x - 1) % bits_) : beside_codes(x);
}

double LatentCodes::rope(std::int64_t b, std::int64_t s, std::int64_t x) const {
  return x < rope_end() ? sign_of(rope_code(b, s), x % bits_) : beside_codes(x);
}

}  // namespace kernelgate
