// token_bitmask: keeps only those tokens of a row of logits that a grammar allows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// x[r,i] <- -inf where i >= valid, or where mask m = mask_of[r] is not -1, word i >> 5 is one of
/// its `words` and bit i & 31 of it is 0; every other logit keeps its bits.     (spec 7.1, K12)
/// logits [rows,vocabulary] in the storage type, in place; bitmask [masks,words] and mask_of
/// [rows], i32. Bits from the vocabulary on are ignored; ids after the last word are allowed. A
/// disallowed logit becomes -inf whatever its value: adding -inf to +inf or a NaN would not give
/// that.
struct TokenBitmaskCase {
  static constexpr std::string_view kernel = "token_bitmask";

  std::int64_t rows = 1;
  std::int64_t vocabulary = 262272;
  std::int64_t valid = 0;  // ids from here on are padding (spec 1.4); 0: none
  std::int64_t masks = 1;
  std::int64_t words = 0;  // per mask; 0: enough for the vocabulary
  Dtype type = Dtype::f32;

  static const Axes<TokenBitmaskCase>& axes();
  void validate() const;

  std::int64_t real_ids() const { return valid == 0 ? vocabulary : valid; }
  std::int64_t mask_words() const { return words == 0 ? (vocabulary + 31) / 32 : words; }
  /// The mask of a row in a check, -1 for none: masks alternate, some rows have none, and the
  /// choice is not simply the row's own number.
  std::int64_t mask_of(std::int64_t row) const;

  /// Every mask, and every logit that a bit or the padding decides, is accessed once; no flops.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  bool operator==(const TokenBitmaskCase&) const = default;
};

}  // namespace kernelgate
