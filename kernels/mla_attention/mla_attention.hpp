// mla_attention: multi-head latent attention, causal, over a cache with one row per token.
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
/// sequence, whose own row is already in a cache of `context` rows.
enum class MlaForm { prefill, chunk, decode };
/// expanded: `expanded` contains every head's own keys and values, computed from the latent rows by
/// a linear; used in prefill. latent: the up-projections are absorbed into the queries and the
/// output, and all heads share the latent row as key and as value; used in decode.
enum class MlaKeys { expanded, latent };

/// A cache row is [c_s (rank); r_s (rope)]: the latent of a token and its rotated key.   (spec 3.8)
/// score[n,t,s] = (a[t,n] . k_n(s) + b[t,n] . r_s) / sqrt(nope + rope), q[t,n] = [a; b];
/// out[t,n] = sum over visible s of softmax_s(score)[s] v_n(s); no visible row: zeros.
/// expanded: k_n(s) = expanded[s,n,0..nope), v_n(s) = expanded[s,n,nope..nope+value_dim).
/// latent: k_n(s) = v_n(s) = c_s. q [batch,tokens,heads,own+rope], cache [batch,rows,rank+rope],
/// expanded [batch,rows,heads,nope+value_dim], valid i32 [batch,2] = (first, end), out
/// [batch*tokens, heads*values]; row-major; own, values: nope and value_dim, or rank and rank.
/// Token t is at row p = end - tokens + t and sees first <= s <= p. Scores, softmax and weights are
/// f32. The weights are not rounded before the product with the values; the output rounds once.
struct MlaAttentionCase {
  static constexpr std::string_view kernel = "mla_attention";

  MlaForm form = MlaForm::prefill;
  MlaKeys keys = MlaKeys::expanded;
  std::int64_t batch = 1;
  std::int64_t tokens = 1;
  std::int64_t context = 0;
  std::int64_t heads = 16;
  std::int64_t rank = 512;
  std::int64_t rope = 64;
  std::int64_t nope = 128;
  std::int64_t value_dim = 128;
  CacheRows cache = CacheRows::full;
  Dtype type = Dtype::f32;  // of q, cache, expanded and out

  static const Axes<MlaAttentionCase>& axes();
  /// Throws BadInput if axes conflict.
  void validate() const;

  /// Rows of one sequence's cache.
  std::int64_t rows() const { return form == MlaForm::decode ? context : context + tokens; }
  bool latent() const { return keys == MlaKeys::latent; }
  /// Unrotated components of a key (own) and components of a value (values), as the heads see them.
  std::int64_t own() const { return latent() ? rank : nope; }
  std::int64_t values() const { return latent() ? rank : value_dim; }
  /// Sets of keys: query heads n with the same n / group() share one.
  std::int64_t key_heads() const { return latent() ? 1 : heads; }
  std::int64_t group() const { return heads / key_heads(); }
  /// Valid cache rows of sequence b: the contents of `valid`.
  VisibleKeys valid_rows(std::int64_t b) const;
  /// The rows that token t sees in a sequence with these valid rows.
  VisibleKeys visible(VisibleKeys valid, std::int64_t t) const;
  VisibleKeys visible(std::int64_t b, std::int64_t t) const { return visible(valid_rows(b), t); }

  /// q, out and every visible row once; 2 (own + rope + values) flops per visible (query, key,
  /// head).
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  std::optional<std::string> exact_not_applicable() const;
  bool operator==(const MlaAttentionCase&) const = default;
};

}  // namespace kernelgate
