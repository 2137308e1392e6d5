// The case of mla_attention and its reference values.
#include <algorithm>
#include <cmath>

#include "harness/core/error.hpp"
#include "harness/core/sample.hpp"
#include "kernels/common/reference/softmax_mix.hpp"
#include "kernels/mla_attention/latent_codes.hpp"
#include "kernels/mla_attention/mla_layout.hpp"

namespace kernelgate {
namespace {

// Multiply-adds of the reference for real data: three passes of plain doubles, about 1 s.
constexpr std::int64_t affordable_flops = 400'000'000;

[[noreturn]] void refuse(const std::string& text) { throw BadInput("mla_attention: " + text); }

Values values_of(const Tensor& tensor) {
  return {tensor.spec().type, tensor.data(), tensor.count()};
}

void fill_exact(const MlaAttentionCase& c, TensorSet& set, const LatentCodes& codes,
                std::uint64_t value_key) {
  const MlaLayout at(c);
  if (!c.latent()) {
    fill_integers(set["expanded"], value_key, static_cast<std::int64_t>(2 / grid(c.type).epsilon));
  }
  for (std::int64_t b = 0; b < c.batch; ++b) {
    for (std::int64_t s = 0; s < c.rows(); ++s) {
      for (std::int64_t x = 0; x < c.rank; ++x) {  // a latent, which keys=expanded does not read
        set["cache"].set(at.cache_at(b, s) + x, c.latent() ? codes.own(b, s, 0, x) : 3);
      }
      for (std::int64_t x = 0; x < c.rope; ++x) {
        set["cache"].set(at.cache_at(b, s) + c.rank + x, codes.rope(b, s, x));
      }
      for (std::int64_t j = 0; !c.latent() && j < c.heads; ++j) {
        for (std::int64_t x = 0; x < c.nope; ++x) {
          set["expanded"].set(at.key_at(b, s, j) + x, codes.own(b, s, j, x));
        }
      }
    }
    for (std::int64_t t = 0; t < c.tokens; ++t) {
      for (std::int64_t n = 0; n < c.heads; ++n) {
        for (std::int64_t x = 0; x < at.width(); ++x) {
          set["q"].set(at.query(b, t, n) * at.width() + x, codes.query(b, t, n, x));
        }
      }
    }
  }
}

NumericReference exact_reference(const MlaAttentionCase& c, const TensorSet& before,
                                 const LatentCodes& codes) {
  NumericReference reference_values{.tensor = "out", .at = {}, .value = {}, .error_bound = {}};
  const MlaLayout layout(c);
  const Tensor& from = before[c.latent() ? "cache" : "expanded"];
  reference_values.value.reserve(static_cast<std::size_t>(before["out"].count()));
  for (std::int64_t b = 0; b < c.batch; ++b) {
    for (std::int64_t t = 0; t < c.tokens; ++t) {
      const bool blind = visible_in(c, before, b, t).count() == 0;
      for (std::int64_t n = 0; n < c.heads; ++n) {
        const std::int64_t row = blind ? 0 : codes.aim(b, t, n).winner;
        const std::int64_t at = layout.value_at(b, row, n / c.group());
        for (std::int64_t x = 0; x < c.values(); ++x) {
          reference_values.add_exact(blind ? 0 : from.get(at + x));
        }
      }
    }
  }
  return reference_values;
}

NumericReference real_reference(const MlaAttentionCase& c, const TensorSet& before,
                                std::uint64_t key) {
  NumericReference reference_values{.tensor = "out", .at = {}, .value = {}, .error_bound = {}};
  const MlaLayout at(c);
  const std::int64_t heads_total = c.batch * c.tokens * c.heads;
  const std::int64_t each = c.traffic().flops / std::max<std::int64_t>(1, heads_total) + 1;
  const Sample sample = sample_rows(heads_total, each, key, 64, affordable_flops);
  const Values q = values_of(before["q"]), cache = values_of(before["cache"]);
  const Values own = c.latent() ? cache : values_of(before["expanded"]);
  const double scale = 1 / std::sqrt(static_cast<double>(c.nope + c.rope));
  std::vector<double> query(static_cast<std::size_t>(at.width()));
  for (const std::int64_t position : sample.positions) {
    const std::int64_t n = position % c.heads, token = position / c.heads;
    const std::int64_t b = token / c.tokens, t = token % c.tokens, j = n / c.group();
    const VisibleKeys seen = visible_in(c, before, b, t);
    const auto row_of = [&](std::size_t k) { return seen.begin + static_cast<std::int64_t>(k); };
    load_row(q, position * at.width(), query);
    const std::vector<Bounded> out = softmax_mix_bounded(
        query, static_cast<std::size_t>(seen.count()), static_cast<std::size_t>(c.values()), scale,
        [&](std::size_t k, std::vector<double>& row) {
          const std::int64_t key_at = at.key_at(b, row_of(k), j);
          const std::int64_t turned = at.cache_at(b, row_of(k)) + c.rank - c.own();
          for (std::int64_t x = 0; x < at.width(); ++x) {
            row[static_cast<std::size_t>(x)] = x < c.own() ? own[key_at + x] : cache[turned + x];
          }
        },
        [&](std::size_t k, std::vector<double>& row) {
          load_row(own, at.value_at(b, row_of(k), j), row);
        });
    for (std::int64_t x = 0; x < c.values(); ++x) {
      if (!sample.complete) reference_values.at.push_back(position * c.values() + x);
      reference_values.add(out[static_cast<std::size_t>(x)], c.type);
    }
  }
  return reference_values;
}

}  // namespace

const Axes<MlaAttentionCase>& MlaAttentionCase::axes() {
  using C = MlaAttentionCase;
  constexpr std::int64_t longest = 1 << 18;
  static const Axes<C> table = Axes<C>()
                                   .word("form", &C::form, {"prefill", "chunk", "decode"})
                                   .word("keys", &C::keys, {"expanded", "latent"})
                                   .number("batch", &C::batch, 1, 4096)
                                   .number("tokens", &C::tokens, 1, longest)
                                   .number("context", &C::context, 0, longest)
                                   .number("heads", &C::heads, 1, 256)
                                   .number("rank", &C::rank, 1, 1024)
                                   .number("rope", &C::rope, 1, 256)
                                   .number("nope", &C::nope, 1, 256)
                                   .number("value_dim", &C::value_dim, 1, 256)
                                   .word("cache", &C::cache, {"full", "ragged"})
                                   .dtype(&C::type);
  return table;
}

void MlaAttentionCase::validate() const {
  const auto text = [](std::int64_t x) { return std::to_string(x); };
  if (form == MlaForm::prefill && context != 0) {
    refuse("form=prefill has no keys before its tokens, got context=" + text(context));
  }
  if (form == MlaForm::decode && (tokens != 1 || context < 1)) {
    refuse("form=decode has tokens=1 and context>=1, got tokens=" + text(tokens) +
           ", context=" + text(context));
  }
}

VisibleKeys MlaAttentionCase::valid_rows(std::int64_t b) const {
  const Padding padding = form == MlaForm::decode ? Padding::right : Padding::left;
  return valid_cache_rows(cache, padding, rows(), batch, b);
}

VisibleKeys MlaAttentionCase::visible(VisibleKeys valid, std::int64_t t) const {
  return {valid.begin, valid.end - tokens + t + 1};
}

Traffic MlaAttentionCase::traffic() const {
  std::int64_t pairs = 0, keys_read = 0;
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t t = 0; t < tokens; ++t) pairs += visible(b, t).count();
    keys_read += visible(b, tokens - 1).count();
  }
  const std::int64_t key = latent() ? rank + rope : heads * (nope + value_dim) + rope;
  const std::int64_t queries = batch * tokens * heads;
  return {.bytes = (queries * (own() + rope + values()) + keys_read * key) * size_bytes(type) +
                   batch * 8,
          .flops = 2 * (own() + rope + values()) * heads * pairs};
}

std::vector<TensorSpec> MlaAttentionCase::tensors() const {
  std::vector<TensorSpec> list{{"q", type, {batch, tokens, heads, own() + rope}, Role::input},
                               {"cache", type, {batch, rows(), rank + rope}, Role::input},
                               {"valid", Dtype::i32, {batch, 2}, Role::input},
                               {"out", type, {batch * tokens, heads * values()}, Role::output}};
  if (!latent()) {
    list.push_back({"expanded", type, {batch, rows(), heads, nope + value_dim}, Role::input});
  }
  return list;
}

void MlaAttentionCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(*this), seed, mode, name);
  };
  fill_valid_rows(*this, tensors["valid"]);
  if (mode == DataMode::exact && !exact_not_applicable()) {
    fill_exact(*this, tensors, LatentCodes(*this, key("aim")), key("value"));
    return;
  }
  // Score deviation 2 for any widths: the running maximum rises sometimes.
  const double score =
      std::sqrt(static_cast<double>(own() + rope) / static_cast<double>(nope + rope));
  fill_bell(tensors["q"], key("q"), 2 / score);
  fill_bell(tensors["cache"], key("cache"), 1);
  spoil_unwritten_rows(*this, tensors["cache"]);
  if (latent()) return;
  fill_bell(tensors["expanded"], key("expanded"), 1);
  spoil_unwritten_rows(*this, tensors["expanded"]);
}

ReferenceValues MlaAttentionCase::reference_values(const TensorSet& before, DataMode mode,
                                                   std::uint64_t seed) const {
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(*this), seed, mode, name);
  };
  ReferenceValues reference_values;
  if (mode == DataMode::exact && !exact_not_applicable()) {
    reference_values.numeric.push_back(
        exact_reference(*this, before, LatentCodes(*this, key("aim"))));
  } else {
    reference_values.numeric.push_back(real_reference(*this, before, key("sample")));
  }
  return reference_values;
}

std::optional<std::string> MlaAttentionCase::exact_not_applicable() const {
  const std::int64_t least = LatentCodes::min_own(*this);
  if (own() >= least) return std::nullopt;
  return "the code of " + std::to_string(rows()) + " rows needs keys of " + std::to_string(least) +
         " components, these have " + std::to_string(own());
}

void register_mla_attention_reference(Registry& registry) {
  registry.add_kernel<MlaAttentionCase>(
      "out[t,n] = sum_s softmax_s((a[t,n].k_n(s) + b[t,n].r_s) / sqrt(nope + rope)) v_n(s)");
}

}  // namespace kernelgate
