// sampling: draws one token per row from its logits, by the whole chain of spec 7.1 in order.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// Steps that a row requests; `mixed` cycles through the others row by row.
enum class SamplingChain { greedy, plain, min_p, top_k, top_p, full, mixed };
enum class SamplingMask { off, on };

/// Columns of the parameter tensors.
enum SamplingNumber {
  temperature,
  min_p,
  top_p,
  repetition,
  frequency,
  presence,
  sampling_numbers
};
enum SamplingInteger { top_k, min_tokens, position, rollout, round_number, sampling_integers };

/// token[r] = argmax over kept i of p_i / eps_i, after these steps on x = logits[r,.]: (spec 7.1)
///   1 x_i = -inf for NaN; 2 x_i = -inf for i >= valid and for bits of `allowed` that are 0 (bit
///     i & 31 of word i >> 5); 3 x_i = -inf for `stop` while fewer than min_tokens ids are in
///     `output`, then x_i += bias;
///   4 ids in prompt or output: x_i > 0 ? x_i / repetition : x_i * repetition; then
///     x_i -= frequency * (times in output), x_i -= presence where that is not 0;
///   5 temperature < 1e-5: the largest x, lowest index; 6 else x /= temperature; then drop
///   7 p_i < min_p max p; 8 x_i < the k-th largest x, ties stay; 9 in order of rising p, among
///     equals the highest index first: while the cumulative sum <= 1 - top_p, never the last one;
///   10 p = softmax of what is kept; eps_i = -ln((w + 0.5) 2^-32), w the first Philox 4x32-10 word
///     of the counter (i, position, rollout, round) under the row's seed. Ties: lowest index.
/// kept[r] = number of entries left after 9, probability[r] = p of the token; greedy rows: 1 and 1.
/// A row with nothing allowed: -1, 0 and 0. Ids of -1 in a list are ignored. min_p 0, top_k 0 and
/// top_p 1 turn their steps off.
struct SamplingCase {
  static constexpr std::string_view kernel = "sampling";
  static constexpr std::int64_t stops = 2;

  std::int64_t rows = 1;
  std::int64_t vocabulary = 262272;
  std::int64_t valid = 0;    // ids from here on are padding (spec 1.4); 0: none
  std::int64_t k = 50;       // where the chain has a top-k
  std::int64_t history = 0;  // tokens so far, half of them the prompt; 0: no penalties
  std::int64_t biases = 0;
  SamplingMask mask = SamplingMask::off;
  SamplingChain chain = SamplingChain::full;
  Dtype type = Dtype::f32;

  static const Axes<SamplingCase>& axes();
  void validate() const;
  std::int64_t real_ids() const { return valid == 0 ? vocabulary : valid; }
  std::int64_t mask_words() const { return mask == SamplingMask::on ? (vocabulary + 31) / 32 : 0; }
  SamplingChain chain_of(std::int64_t row) const;
  /// Every logit of a real id, mask word and parameter is read once, and three outputs are written.
  /// Flops: 2 per real id (temperature, sum); the work of the filters depends on the data and is
  /// not counted.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  bool operator==(const SamplingCase&) const = default;
};

/// Number of rows of real data in which rounding decides: a correctly implemented f32 kernel may
/// draw another token than the reference, or keep a different number of entries. Such rows are
/// judged by the set of possible results.
std::int64_t ambiguous_rows(const SamplingCase& c, const TensorSet& before);

}  // namespace kernelgate
