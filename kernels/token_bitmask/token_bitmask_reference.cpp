// The case of token_bitmask and its reference, logit by logit.
#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "kernels/token_bitmask/token_bitmask.hpp"

namespace kernelgate {
namespace {

bool disallowed(const TokenBitmaskCase& c, const TensorSet& before, std::int64_t row,
                std::int64_t id) {
  if (id >= c.real_ids()) return true;
  const auto mask = static_cast<std::int64_t>(before["mask_of"].get(row));
  if (mask == -1 || id / 32 >= c.mask_words()) return false;
  const double word = before["bitmask"].get(mask * c.mask_words() + id / 32);
  const auto bits = static_cast<std::uint32_t>(static_cast<std::int64_t>(word));
  return (bits >> (id % 32) & 1) == 0;
}

// Words of every kind: nothing allowed, everything allowed, a single token, and random.
std::uint32_t word_of(std::uint64_t key, std::int64_t at) {
  const std::uint64_t random = word_at(key, static_cast<std::uint64_t>(at));
  const auto any = static_cast<std::uint32_t>(random);
  switch (random >> 60) {
    case 0:
      return 0;
    case 1:
      return ~0U;
    case 2:
      return 1U << (any & 31U);
    default:
      return any;
  }
}

}  // namespace

const Axes<TokenBitmaskCase>& TokenBitmaskCase::axes() {
  using C = TokenBitmaskCase;
  static const Axes<C> table = Axes<C>()
                                   .number("rows", &C::rows, 1, 1 << 20)
                                   .number("vocabulary", &C::vocabulary, 1, 1 << 26)
                                   .number("valid", &C::valid, 0, 1 << 26)
                                   .number("masks", &C::masks, 1, 1 << 20)
                                   .number("words", &C::words, 0, 1 << 21)
                                   .dtype(&C::type);
  return table;
}

void TokenBitmaskCase::validate() const {
  if (valid <= vocabulary) return;
  throw BadInput("token_bitmask: axis 'valid': expected at most vocabulary = " +
                 std::to_string(vocabulary) + ", got " + std::to_string(valid));
}

std::int64_t TokenBitmaskCase::mask_of(std::int64_t row) const {
  if (row % 5 == 3) return -1;
  return (3 * row + masks - 1) % masks;
}

Traffic TokenBitmaskCase::traffic() const {
  const std::int64_t covered = std::min(vocabulary, 32 * mask_words());
  const std::int64_t used = std::min(mask_words(), (vocabulary + 31) / 32);
  std::int64_t decided = rows * (vocabulary - real_ids());
  for (std::int64_t r = 0; r < rows; ++r) {
    if (mask_of(r) >= 0) decided += std::min(covered, real_ids());
  }
  return {.bytes = 4 * masks * used + 4 * rows + decided * size_bytes(type), .flops = 0};
}

std::vector<TensorSpec> TokenBitmaskCase::tensors() const {
  return {{"logits", type, {rows, vocabulary}, Role::state},
          {"bitmask", Dtype::i32, {masks, mask_words()}, Role::input},
          {"mask_of", Dtype::i32, {rows}, Role::input}};
}

void TokenBitmaskCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(*this), seed, mode, name);
  };
  if (mode == DataMode::exact) {
    fill_integers(tensors["logits"], key("logits"),
                  static_cast<std::int64_t>(2 / grid(type).epsilon));
  } else {  // occasional results of an overflow
    fill_bell(tensors["logits"], key("logits"), 4);
    const std::uint64_t odd = key("odd");
    for (std::int64_t i = 0; i < rows * vocabulary; ++i) {
      const std::uint64_t kind = word_at(odd, static_cast<std::uint64_t>(i)) % 64;
      if (kind == 0) tensors["logits"].set(i, std::numeric_limits<double>::infinity());
      if (kind == 1) tensors["logits"].set(i, std::numeric_limits<double>::quiet_NaN());
    }
  }
  const auto bitmask = tensors["bitmask"].as<std::int32_t>();
  for (std::size_t i = 0; i < bitmask.size(); ++i) {
    bitmask[i] = static_cast<std::int32_t>(word_of(key("bitmask"), static_cast<std::int64_t>(i)));
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    tensors["mask_of"].set(r, static_cast<double>(mask_of(r)));
  }
}

ReferenceValues TokenBitmaskCase::reference_values(const TensorSet& before, DataMode,
                                                   std::uint64_t) const {
  NumericReference logits{.tensor = "logits", .at = {}, .value = {}, .error_bound = {}};
  logits.value.reserve(static_cast<std::size_t>(rows * vocabulary));
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < vocabulary; ++i) {
      logits.add_exact(disallowed(*this, before, r, i) ? -INFINITY
                                                       : before["logits"].get(r * vocabulary + i));
    }
  }
  ReferenceValues reference_values;
  reference_values.numeric.push_back(std::move(logits));
  return reference_values;
}

void register_token_bitmask_reference(Registry& registry) {
  registry.add_kernel<TokenBitmaskCase>(
      "x[r,i] <- -inf where i >= valid or bit i & 31 of word i >> 5 of mask_of[r]'s mask is 0");
}

}  // namespace kernelgate
