// The case of expert_gemm_w4: its inputs and its reference.
#include <algorithm>
#include <cmath>
#include <map>

#include "harness/core/values.hpp"
#include "kernels/expert_gemm/expert_gemm_reference.hpp"
#include "kernels/expert_gemm/judged_tokens.hpp"
#include "kernels/expert_gemm_w4/expert_gemm_w4.hpp"

namespace kernelgate {
namespace {

/// One expert's weights, decoded.
struct Decoded {
  FourBitFormat format;
  std::vector<std::vector<double>> gate_up, down;

  Decoded(const ExpertGemmW4Case& c, const TensorSet& set, std::int64_t expert) : format(c.format) {
    const auto rows = [&](const char* codes, const char* scales, std::int64_t columns,
                          std::int64_t count, std::vector<std::vector<double>>& to) {
      const FourBitView view(c.layout(), columns, set[codes].as<std::uint8_t>().data(),
                             set[scales].data());
      to.reserve(static_cast<std::size_t>(count));
      for (std::int64_t r = 0; r < count; ++r) to.push_back(view.row(expert * count + r));
    };
    rows("gate_up_codes", "gate_up_scales", c.hidden, 2 * c.inter, gate_up);
    rows("down_codes", "down_scales", c.inter, c.hidden, down);
  }

  // An NF4 weight may be rounded to f32 before it multiplies; an MXFP4 weight is exact.
  Bounded dot(const std::vector<double>& row, const std::vector<Bounded>& x) const {
    Sum<Bounded> sum;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool exact = format == FourBitFormat::mxfp4;
      const double bound = exact ? 0 : f32_unit * std::abs(row[i]) + f32_smallest / 2;
      sum.add_product(Bounded(row[i], bound), x[i]);
    }
    return sum.result();
  }

  std::vector<Bounded> expert(const std::vector<Bounded>& x, Bounded weight,
                              Dtype inner_type) const {
    const std::size_t inter = gate_up.size() / 2;
    std::vector<Bounded> inner, y;
    inner.reserve(inter);
    for (std::size_t i = 0; i < inter; ++i) {
      const Bounded gate = dot(gate_up[i], x), up = dot(gate_up[inter + i], x);
      inner.push_back(reference::rounded_alike(inner_type, reference::silu(gate) * up));
    }
    y.reserve(down.size());
    for (const std::vector<double>& row : down) y.push_back(weight * dot(row, inner));
    return y;
  }
};

// Replaces NaN scales of gate and up rows except in the last expert, or every token would be NaN.
void keep_numbers(const ExpertGemmW4Case& c, Tensor& scales) {
  const std::int64_t with_nan = c.experts > 1 ? scales.count() / c.experts : 0;
  for (std::int64_t i = 0; i < scales.count() - with_nan; ++i) {
    if (c.format == FourBitFormat::mxfp4) {
      std::uint8_t& e = scales.as<std::uint8_t>()[static_cast<std::size_t>(i)];
      if (e == 255) e = 120;
    } else if (std::isnan(scales.get(i))) {
      scales.set(i, 0.01);
    }
  }
}

}  // namespace

const Axes<ExpertGemmW4Case>& ExpertGemmW4Case::axes() {
  static const Axes<ExpertGemmW4Case> table =
      Axes<ExpertGemmW4Case>()
          .number("tokens", &ExpertGemmW4Case::tokens, 1, 1 << 20)
          .number("hidden", &ExpertGemmW4Case::hidden, 32, 1 << 16)
          .number("inter", &ExpertGemmW4Case::inter, 32, 1 << 16)
          .number("experts", &ExpertGemmW4Case::experts, 1, 1 << 12)
          .word("format", &ExpertGemmW4Case::format, {"mxfp4", "nf4"})
          .number("block", &ExpertGemmW4Case::block, 32, 4096)
          .word("scales", &ExpertGemmW4Case::scales, {"plain", "edges"})
          .word("routing", &ExpertGemmW4Case::routing,
                {"balanced", "ragged", "one", "empty", "skip"})
          .word("skip", &ExpertGemmW4Case::skip, {"zero", "identity", "drop"})
          .dtype(&ExpertGemmW4Case::type);
  return table;
}

void ExpertGemmW4Case::validate() const {
  plain().validate();
  layout().check(hidden);
  layout().check(inter);
}

Traffic ExpertGemmW4Case::traffic() const {
  const Traffic as_stored = plain().traffic();
  const std::vector<std::int32_t> list = plain().choices();
  std::vector<char> chosen(static_cast<std::size_t>(experts) + 1);
  for (const std::int32_t e : list) chosen[static_cast<std::size_t>(e)] = 1;
  const std::int64_t hit = std::count(chosen.begin(), chosen.end() - 1, 1);
  const std::int64_t expert =
      2 * inter * layout().row_bytes(hidden) + hidden * layout().row_bytes(inter);
  return {.bytes = as_stored.bytes + hit * (expert - 3 * hidden * inter * size_bytes(type)),
          .flops = as_stored.flops};
}

std::vector<TensorSpec> ExpertGemmW4Case::tensors() const {
  const FourBitLayout l = layout();
  return {{"h", type, {tokens, hidden}, Role::input},
          {"choice", Dtype::i32, {tokens}, Role::input},
          {"weight", Dtype::f32, {tokens}, Role::input},
          {"gate_up_codes", Dtype::u8, {experts, 2 * inter, l.code_bytes(hidden)}, Role::input},
          {"gate_up_scales", l.scale_type(), {experts, 2 * inter, l.scales(hidden)}, Role::input},
          {"down_codes", Dtype::u8, {experts, hidden, l.code_bytes(inter)}, Role::input},
          {"down_scales", l.scale_type(), {experts, hidden, l.scales(inter)}, Role::input},
          {"m", type, {tokens, hidden}, Role::output}};
}

std::optional<std::string> ExpertGemmW4Case::exact_not_applicable() {
  return "silu divides: gates would need one large weight beside small ones, under one scale "
         "(linear_w4 has the products bit for bit, expert_gemm the rest)";
}

void ExpertGemmW4Case::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const auto key = [&](std::string_view tensor) {
    return stream_key(id_of(*this), seed, mode, tensor);
  };
  const std::vector<std::int32_t> list = plain().choices();
  std::copy(list.begin(), list.end(), tensors["choice"].as<std::int32_t>().begin());
  fill_bell(tensors["h"], key("h"), 1);
  fill_uniform(tensors["weight"], key("weight"), 0.125, 1);
  FourBitFill how{.key = key("gate_up"),
                  .mode = DataMode::real,
                  .pattern = scales,
                  .size = 1 / std::sqrt(static_cast<double>(hidden))};
  fill_four_bit(layout(), experts * 2 * inter, hidden, tensors["gate_up_codes"],
                tensors["gate_up_scales"], how);
  keep_numbers(*this, tensors["gate_up_scales"]);
  how.key = key("down");
  how.size = 1 / std::sqrt(static_cast<double>(inter));
  fill_four_bit(layout(), experts * hidden, inter, tensors["down_codes"], tensors["down_scales"],
                how);
}

ReferenceValues ExpertGemmW4Case::reference_values(const TensorSet& before, DataMode mode,
                                                   std::uint64_t seed) const {
  const std::vector<std::int64_t> judged =
      judged_tokens(plain(), before["choice"], stream_key(id_of(*this), seed, mode, "sample"));
  const Dtype inner_type = type == Dtype::f32 ? Dtype::f64 : type;
  // Grouped by expert, so that each expert's weights are decoded once.
  std::map<std::int64_t, std::vector<std::int64_t>> tokens_of;
  for (const std::int64_t t : judged) {
    tokens_of[static_cast<std::int64_t>(before["choice"].get(t))].push_back(t);
  }
  std::map<std::int64_t, std::vector<Bounded>> rows;
  for (const auto& [e, list] : tokens_of) {
    std::optional<Decoded> weights;
    if (e < experts) weights.emplace(*this, before, e);
    for (const std::int64_t t : list) {
      const Tensor& h = before["h"];
      const Values x = Values(h.spec().type, h.data(), h.count()).row(t, hidden);
      const Bounded weight(before["weight"].get(t));
      std::vector<Bounded>& m = rows[t];
      if (weights) {
        m = weights->expert(numbers<Bounded>(x), weight, inner_type);
      } else {
        m.resize(static_cast<std::size_t>(hidden));
        reference::skip_expert<Bounded>(x, weight, skip, m);
      }
    }
  }
  NumericReference m{.tensor = "m", .at = {}, .value = {}, .error_bound = {}};
  const bool all = static_cast<std::int64_t>(judged.size()) == tokens;
  for (const auto& [t, values] : rows) {
    for (const Bounded x : values) m.add(x, type);
    for (std::int64_t i = 0; !all && i < hidden; ++i) m.at.push_back(t * hidden + i);
  }
  return {.numeric = {std::move(m)}, .properties = {}};
}

void register_expert_gemm_w4_reference(Registry& registry) {
  registry.add_kernel<ExpertGemmW4Case>(
      "m_t = w_t D_e (silu(G_e h_t) * (U_e h_t)), e = choice_t, G U D of four bits");
}

}  // namespace kernelgate
