// mla_attention: multi-head latent attention, causal, over a cache that holds one row a token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// prefill: no keys before the chunk. chunk: `context` of them. decode: one token a sequence, whose
/// own row already lies in a cache of `context` rows.
enum class MlaForm { prefill, chunk, decode };
/// expanded: every head's own keys and values stand in `expanded`, made of the latent rows by a
/// linear; what prefill runs. latent: the up-projections are absorbed into the queries and into the
/// output, all heads share the latent row as key and as value; what decode runs.
enum class MlaKeys { expanded, latent };
/// full: every cache row is valid. ragged: left-padded sequences (prefill, chunk) or caches that
/// are filled to different lengths (decode); sequence 1 has no valid row at all, sequence 2 one.
enum class MlaRows { full, ragged };

/// Cache rows [begin, end); empty when end <= begin.
struct MlaVisible {
  std::int64_t begin = 0, end = 0;
  std::int64_t count() const { return end > begin ? end - begin : 0; }
};

/// A cache row is [c_s (rank); r_s (rope)]: the latent of a token and its rotated key.   (spec 3.8)
/// score[n,t,s] = (a[t,n] . k_n(s) + b[t,n] . r_s) / sqrt(nope + rope), q[t,n] = [a; b];
/// out[t,n] = sum over visible s of softmax_s(score)[s] v_n(s); no visible row: zeros.
/// expanded: k_n(s) = expanded[s,n,0..nope), v_n(s) = expanded[s,n,nope..nope+value_dim).
/// latent: k_n(s) = v_n(s) = c_s. q [batch,tokens,heads,own+rope], cache [batch,rows,rank+rope],
/// expanded [batch,rows,heads,nope+value_dim], valid i32 [batch,2] = (first, end), out
/// [batch*tokens, heads*values]; row-major; own, values: nope and value_dim, or rank and rank.
/// Token t stands at row p = end - tokens + t and sees first <= s <= p. Scores, softmax and weights
/// are f32 and the weights are not rounded before they meet the values; the output rounds once.
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
  MlaRows cache = MlaRows::full;
  Dtype type = Dtype::f32;  // of q, cache, expanded and out

  static const Axes<MlaAttentionCase>& axes();
  /// Throws BadInput where axes contradict each other.
  void validate() const;

  /// Rows of one sequence's cache.
  std::int64_t rows() const { return form == MlaForm::decode ? context : context + tokens; }
  bool latent() const { return keys == MlaKeys::latent; }
  /// Components of a key that no position rotates, and of a value, as the heads see them.
  std::int64_t own() const { return latent() ? rank : nope; }
  std::int64_t values() const { return latent() ? rank : value_dim; }
  /// Sets of keys: query heads n with the same n / group() share one.
  std::int64_t key_heads() const { return latent() ? 1 : heads; }
  std::int64_t group() const { return heads / key_heads(); }
  /// Valid cache rows of sequence b: the contents of `valid`.
  MlaVisible valid_rows(std::int64_t b) const;
  /// What token t of a sequence with these valid rows sees.
  MlaVisible visible(MlaVisible valid, std::int64_t t) const;
  MlaVisible visible(std::int64_t b, std::int64_t t) const { return visible(valid_rows(b), t); }

  /// q, out and every visible row once; 2 (own + rope + values) flops a visible (query, key, head).
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  Truth truth(const TensorSet& before, DataMode mode, std::uint64_t seed) const;
  std::optional<std::string> exact_not_applicable() const;
  bool operator==(const MlaAttentionCase&) const = default;
};

}  // namespace kernelgate
