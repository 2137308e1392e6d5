// The case of cca_attention and its reference values.
#include <algorithm>
#include <cmath>

#include "harness/core/error.hpp"
#include "harness/core/sample.hpp"
#include "kernels/cca_attention/attention_codes.hpp"
#include "kernels/cca_attention/attention_error_bound.hpp"

namespace kernelgate {
namespace {

// Multiply-adds of the reference for real data: three passes of plain doubles, about 1 s.
constexpr std::int64_t affordable_flops = 400'000'000;

[[noreturn]] void refuse(const std::string& text) { throw BadInput("cca_attention: " + text); }

Values values_of(const Tensor& tensor, std::int64_t begin, std::int64_t count) {
  return Values(tensor.spec().type, tensor.data(), tensor.count()).slice(begin, count);
}

// Sets every tensor element from its coordinates in an [a,b,c,d] shape.
template <class F>
void fill_by(Tensor& tensor, const F& value_at) {
  const std::vector<std::int64_t>& shape = tensor.spec().shape;
  const std::int64_t outer = shape[0] * shape[1];
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < shape[2] * shape[3]; ++i) {
      tensor.set(o * shape[2] * shape[3] + i,
                 value_at(o / shape[1], o % shape[1], i / shape[3], i % shape[3]));
    }
  }
}

NumericReference exact_reference(const CcaAttentionCase& c, const TensorSet& before,
                                 const AttentionCodes& codes) {
  NumericReference reference_values{.tensor = "out", .at = {}, .value = {}, .error_bound = {}};
  const Tensor& v = before["v"];
  reference_values.value.reserve(static_cast<std::size_t>(before["out"].count()));
  for (std::int64_t b = 0; b < c.batch; ++b) {
    for (std::int64_t t = 0; t < c.tokens; ++t) {
      const bool blind = visible_in(c, before, b, t).count() == 0;
      for (std::int64_t n = 0; n < c.heads; ++n) {
        const std::int64_t row = blind ? 0 : codes.aim(b, t, n).winner;
        const std::int64_t at = ((b * c.rows() + row) * c.kv_heads + n / c.group()) * c.head_dim;
        for (std::int64_t x = 0; x < c.head_dim; ++x) {
          reference_values.add_exact(blind ? 0 : v.get(at + x));
        }
      }
    }
  }
  return reference_values;
}

NumericReference real_reference(const CcaAttentionCase& c, const TensorSet& before,
                                std::uint64_t key) {
  NumericReference reference_values{.tensor = "out", .at = {}, .value = {}, .error_bound = {}};
  const std::int64_t heads_total = c.batch * c.tokens * c.heads, d = c.head_dim;
  const std::int64_t each = c.traffic().flops / std::max<std::int64_t>(1, heads_total) + 1;
  const Sample sample = sample_rows(heads_total, each, key, 64, affordable_flops);
  const reference::CcaAttentionParams p{
      .num_heads = c.heads, .num_kv_heads = c.kv_heads, .head_dim = d};
  const std::int64_t cache = c.rows() * c.kv_heads * d;
  for (const std::int64_t position : sample.positions) {
    const std::int64_t n = position % c.heads, token = position / c.heads;
    const std::int64_t b = token / c.tokens, t = token % c.tokens;
    const VisibleKeys seen = visible_in(c, before, b, t);
    const std::vector<Bounded> out = reference::attend_head_bounded(
        values_of(before["q"], token * c.heads * d, c.heads * d),
        values_of(before["k"], b * cache, cache), values_of(before["v"], b * cache, cache),
        {seen.begin, seen.end}, n, p);
    for (std::int64_t x = 0; x < d; ++x) {
      if (!sample.complete) reference_values.at.push_back(position * d + x);
      reference_values.add(out[static_cast<std::size_t>(x)], c.type);
    }
  }
  return reference_values;
}

}  // namespace

const Axes<CcaAttentionCase>& CcaAttentionCase::axes() {
  using C = CcaAttentionCase;
  constexpr std::int64_t longest = 1 << 18;
  static const Axes<C> table = Axes<C>()
                                   .word("form", &C::form, {"prefill", "chunk", "decode"})
                                   .number("batch", &C::batch, 1, 4096)
                                   .number("tokens", &C::tokens, 1, longest)
                                   .number("context", &C::context, 0, longest)
                                   .number("heads", &C::heads, 1, 256)
                                   .number("kv_heads", &C::kv_heads, 1, 256)
                                   .number("head_dim", &C::head_dim, 1, 256)
                                   .word("mask", &C::mask, {"causal", "sliding"})
                                   .number("window", &C::window, 0, longest)
                                   .word("cache", &C::cache, {"full", "ragged"})
                                   .dtype(&C::type);
  return table;
}

void CcaAttentionCase::validate() const {
  const auto text = [](std::int64_t x) { return std::to_string(x); };
  if (heads % kv_heads != 0) {
    refuse("heads=" + text(heads) + " is not a multiple of kv_heads=" + text(kv_heads));
  }
  if (form == AttentionForm::prefill && context != 0) {
    refuse("form=prefill has no keys before its tokens, got context=" + text(context));
  }
  if (form == AttentionForm::decode && (tokens != 1 || context < 1)) {
    refuse("form=decode has tokens=1 and context>=1, got tokens=" + text(tokens) +
           ", context=" + text(context));
  }
  if ((mask == AttentionMask::sliding) != (window > 0)) {
    refuse("window counts the keys of mask=sliding (at least 1) and is 0 for mask=causal, got " +
           text(window));
  }
}

VisibleKeys CcaAttentionCase::valid_rows(std::int64_t b) const {
  const Padding padding = form == AttentionForm::decode ? Padding::right : Padding::left;
  return valid_cache_rows(cache, padding, rows(), batch, b);
}

VisibleKeys CcaAttentionCase::visible(std::int64_t b, std::int64_t t) const {
  return visible(valid_rows(b), t);
}

VisibleKeys CcaAttentionCase::visible(VisibleKeys valid, std::int64_t t) const {
  const std::int64_t row = valid.end - tokens + t;
  const std::int64_t oldest = mask == AttentionMask::sliding ? row - window + 1 : 0;
  return {std::max(valid.begin, oldest), row + 1};
}

Traffic CcaAttentionCase::traffic() const {
  std::int64_t pairs = 0, keys = 0;
  for (std::int64_t b = 0; b < batch; ++b) {
    std::int64_t begin = rows(), end = 0;
    for (std::int64_t t = 0; t < tokens; ++t) {
      const VisibleKeys seen = visible(b, t);
      if (seen.count() == 0) continue;
      pairs += seen.count();
      begin = std::min(begin, seen.begin);
      end = std::max(end, seen.end);
    }
    keys += std::max<std::int64_t>(0, end - begin);
  }
  return {
      .bytes = (2 * batch * tokens * heads + 2 * keys * kv_heads) * head_dim * size_bytes(type) +
               batch * 8,
      .flops = 4 * head_dim * heads * pairs};
}

std::vector<TensorSpec> CcaAttentionCase::tensors() const {
  return {{"q", type, {batch, tokens, heads, head_dim}, Role::input},
          {"k", type, {batch, rows(), kv_heads, head_dim}, Role::input},
          {"v", type, {batch, rows(), kv_heads, head_dim}, Role::input},
          {"valid", Dtype::i32, {batch, 2}, Role::input},
          {"out", type, {batch * tokens, heads * head_dim}, Role::output}};
}

void CcaAttentionCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(*this), seed, mode, name);
  };
  fill_valid_rows(*this, tensors["valid"]);
  if (mode == DataMode::exact && !exact_not_applicable()) {
    const AttentionCodes codes(*this, key("aim"));
    fill_by(tensors["q"], [&](auto b, auto t, auto n, auto x) { return codes.query(b, t, n, x); });
    fill_by(tensors["k"], [&](auto b, auto s, auto j, auto x) { return codes.key(b, s, j, x); });
    fill_integers(tensors["v"], key("v"), static_cast<std::int64_t>(2 / grid(type).epsilon));
    return;
  }
  fill_bell(tensors["q"], key("q"), 2);  // score deviation 2: the running maximum rises sometimes
  fill_bell(tensors["k"], key("k"), 1);
  fill_bell(tensors["v"], key("v"), 1);
  spoil_unwritten_rows(*this, tensors["k"]);
  spoil_unwritten_rows(*this, tensors["v"]);
}

ReferenceValues CcaAttentionCase::reference_values(const TensorSet& before, DataMode mode,
                                                   std::uint64_t seed) const {
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(*this), seed, mode, name);
  };
  ReferenceValues reference_values;
  if (mode == DataMode::exact && !exact_not_applicable()) {
    reference_values.numeric.push_back(
        exact_reference(*this, before, AttentionCodes(*this, key("aim"))));
  } else {
    reference_values.numeric.push_back(real_reference(*this, before, key("sample")));
  }
  return reference_values;
}

std::optional<std::string> CcaAttentionCase::exact_not_applicable() const {
  if (head_dim >= AttentionCodes::min_head_dim) return std::nullopt;
  return "a key's code needs head_dim >= " + std::to_string(AttentionCodes::min_head_dim);
}

void register_cca_attention_reference(Registry& registry) {
  registry.add_kernel<CcaAttentionCase>(
      "out[t,n] = sum_s softmax_s(q[t,n].k[s,j] / sqrt(d)) v[s,j], j = n / (heads / kv_heads)");
}

}  // namespace kernelgate
