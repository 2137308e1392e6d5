// cca_attention: attention of queries over a cache of keys and values, causal or sliding-window.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/cache_rows.hpp"
#include "harness/core/registry.hpp"

namespace kernelgate {

/// prefill: no keys before the chunk. chunk: `context` keys before it. decode: one token per
/// sequence, whose own key is already in a cache of `context` rows.
enum class AttentionForm { prefill, chunk, decode };
enum class AttentionMask { causal, sliding };

/// score[n,t,s] = (q[t,n] . k[s,j]) / sqrt(d), j = n / (heads / kv_heads)          (spec 3.5, 3.7)
/// out[t,n] = sum over visible s of softmax_s(score)[s] v[s,j]; no visible key: zeros.
/// q [batch,tokens,heads,d], k and v [batch,rows,kv_heads,d], valid i32 [batch,2] = (first, end),
/// out [batch*tokens, heads*d]; row-major. Token t is at row p = end - tokens + t and sees rows s
/// with first <= s <= p; with a window of W also s > p - W (W keys including its own).
/// Scores, softmax and weights are f32. The weights are not rounded to the storage type before the
/// product with v; the output rounds once.
struct CcaAttentionCase {
  static constexpr std::string_view kernel = "cca_attention";

  AttentionForm form = AttentionForm::prefill;
  std::int64_t batch = 1;
  std::int64_t tokens = 1;
  std::int64_t context = 0;
  std::int64_t heads = 8;
  std::int64_t kv_heads = 2;
  std::int64_t head_dim = 128;
  AttentionMask mask = AttentionMask::causal;
  std::int64_t window = 0;  // sliding only
  CacheRows cache = CacheRows::full;
  Dtype type = Dtype::f32;  // of q, k, v and out

  static const Axes<CcaAttentionCase>& axes();
  /// Throws BadInput if axes conflict.
  void validate() const;

  /// Rows of one sequence's cache.
  std::int64_t rows() const { return form == AttentionForm::decode ? context : context + tokens; }
  std::int64_t group() const { return heads / kv_heads; }  // query heads that share a kv head
  /// Valid cache rows of sequence b: the contents of `valid`.
  VisibleKeys valid_rows(std::int64_t b) const;
  VisibleKeys visible(std::int64_t b, std::int64_t t) const;
  /// The keys that token t sees in a sequence with these valid rows.
  VisibleKeys visible(VisibleKeys valid, std::int64_t t) const;

  /// q, out and every visible row of k and v once; 4 d flops per visible (query, key, head).
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  std::optional<std::string> exact_not_applicable() const;
  bool operator==(const CcaAttentionCase&) const = default;
};

}  // namespace kernelgate
