// The case of sampling and its reference.
#include "kernels/sampling/sampling_reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/core/sample.hpp"
#include "kernels/sampling/sampling.hpp"

namespace kernelgate {
namespace {

using reference::Kept;
using reference::LogitBias;
using reference::Sampled;
using reference::SamplingParams;

// Parameters of one row, with the lists they refer to.
struct Request {
  std::vector<std::uint32_t> bitmask;
  std::vector<std::int32_t> stop, prompt, output;
  std::vector<LogitBias> bias;
  SamplingParams params;
};

std::vector<std::int32_t> ids_of(const SamplingCase& c, const Tensor& list, std::int64_t row) {
  const std::int64_t width = list.spec().shape[1];
  std::vector<std::int32_t> ids;
  for (std::int64_t j = 0; j < width; ++j) {
    const auto id = static_cast<std::int32_t>(list.get(row * width + j));
    if (id >= 0 && id < c.vocabulary) ids.push_back(id);
  }
  return ids;
}

void read_request(const SamplingCase& c, const TensorSet& before, std::int64_t row, Request& r) {
  const auto number = [&](SamplingNumber column) {
    return before["numbers"].get(row * sampling_numbers + column);
  };
  const auto integer = [&](SamplingInteger column) {
    return static_cast<std::int64_t>(before["integers"].get(row * sampling_integers + column));
  };
  for (std::int64_t w = 0; w < c.mask_words(); ++w) {
    r.bitmask.push_back(static_cast<std::uint32_t>(
        static_cast<std::int64_t>(before["allowed"].get(row * c.mask_words() + w))));
  }
  r.stop = ids_of(c, before["stop"], row);
  r.prompt = ids_of(c, before["prompt"], row);
  r.output = ids_of(c, before["output"], row);
  for (std::int64_t j = 0; j < c.biases; ++j) {
    const auto id = static_cast<std::int32_t>(before["bias_token"].get(row * c.biases + j));
    if (id < 0 || id >= c.vocabulary) continue;
    r.bias.push_back({id, static_cast<float>(before["bias_add"].get(row * c.biases + j))});
  }
  SamplingParams& p = r.params;
  p.valid = c.valid;
  p.bitmask = r.bitmask;
  p.stop = r.stop;
  p.bias = r.bias;
  p.prompt = r.prompt;
  p.output = r.output;
  p.min_tokens = integer(min_tokens);
  p.temperature = number(temperature);
  p.min_p = number(min_p);
  p.top_p = number(top_p);
  p.repetition = number(repetition);
  p.frequency = number(frequency);
  p.presence = number(presence);
  p.top_k = integer(top_k);
  p.seed =
      static_cast<std::uint64_t>(before["seed"].as<std::int64_t>()[static_cast<std::size_t>(row)]);
  p.position = static_cast<std::uint32_t>(integer(position));
  p.rollout = static_cast<std::uint32_t>(integer(rollout));
  p.round = static_cast<std::uint32_t>(integer(round_number));
}

/// Results of one row that a correctly implemented kernel may give.
struct Allowed {
  std::int64_t row = 0;
  std::vector<std::int64_t> tokens;
  std::int64_t min_kept = 0, max_kept = 0;
  double min_probability = 0, max_probability = 0;  // over all of the tokens
};

Allowed allowed_by(const Sampled<Bounded>& reference_values, bool greedy, std::int64_t row) {
  Allowed a{.row = row, .tokens = reference_values.acceptable};
  if (reference_values.token < 0) {
    a.tokens = {-1};
    return a;
  }
  if (greedy) {
    a.min_kept = a.max_kept = 1;
    a.min_probability = a.max_probability = 1;
    return a;
  }
  double open = 0;  // mass that may or may not be part of the softmax's sum
  for (std::size_t i = 0; i < reference_values.kept.size(); ++i) {
    if (reference_values.kept[i] == Kept::yes) ++a.min_kept;
    if (reference_values.kept[i] != Kept::no) ++a.max_kept;
    if (reference_values.kept[i] == Kept::uncertain) {
      open += reference_values.probability[i].value + reference_values.probability[i].bound;
    }
  }
  a.min_probability = 1;
  for (const std::int64_t token : a.tokens) {
    const Bounded p = reference_values.probability[static_cast<std::size_t>(token)];
    const double most = open < 0.5 ? (p.value + p.bound) / (1 - open) : 1;
    a.min_probability = std::min(a.min_probability, p.value - p.bound);
    a.max_probability = std::max(a.max_probability, std::min(1.0, most));
  }
  // A probability of 1 rounds to 1; the cap above must not cut off its own error bound.
  if (a.max_probability == 1) a.max_probability += f32_unit;
  return a;
}

template <class N>
Sampled<N> sample_row(const SamplingCase& c, const TensorSet& before, std::int64_t row,
                      Request& request) {
  read_request(c, before, row, request);
  const Tensor& logits = before["logits"];
  const Values all(c.type, logits.data(), logits.count());
  return reference::sample_token<N>(all.row(row, c.vocabulary), request.params);
}

Allowed judge_row(const SamplingCase& c, const TensorSet& before, std::int64_t row) {
  Request request;
  const auto reference_values = sample_row<Bounded>(c, before, row, request);
  return allowed_by(reference_values, request.params.temperature < 1e-5, row);
}

Property choice_property(std::vector<Allowed> rows) {
  Property property;
  property.name = "choice";
  property.covers = 2 * static_cast<std::int64_t>(rows.size());
  property.violated = [rows = std::move(rows)](const TensorSet& got) -> std::optional<std::string> {
    for (const Allowed& a : rows) {
      const auto token = static_cast<std::int64_t>(got["token"].get(a.row));
      if (std::find(a.tokens.begin(), a.tokens.end(), token) == a.tokens.end()) {
        return fmt::format(
            "token[{}] is {}, expected {}{}", a.row, token, a.tokens.front(),
            a.tokens.size() == 1
                ? std::string()
                : fmt::format(" or one of {} others inside rounding", a.tokens.size() - 1));
      }
      const auto kept = static_cast<std::int64_t>(got["kept"].get(a.row));
      if (kept < a.min_kept || kept > a.max_kept) {
        return fmt::format("kept[{}] is {}, expected {}", a.row, kept,
                           a.min_kept == a.max_kept
                               ? std::to_string(a.min_kept)
                               : fmt::format("{} to {}", a.min_kept, a.max_kept));
      }
    }
    return std::nullopt;
  };
  return property;
}

}  // namespace

const Axes<SamplingCase>& SamplingCase::axes() {
  static const Axes<SamplingCase> table =
      Axes<SamplingCase>()
          .number("rows", &SamplingCase::rows, 1, 1 << 20)
          .number("vocabulary", &SamplingCase::vocabulary, 1, 1 << 26)
          .number("valid", &SamplingCase::valid, 0, 1 << 26)
          .number("k", &SamplingCase::k, 1, 1 << 26)
          .number("history", &SamplingCase::history, 0, 1 << 20)
          .number("biases", &SamplingCase::biases, 0, 4096)
          .word("mask", &SamplingCase::mask, {"off", "on"})
          .word("chain", &SamplingCase::chain,
                {"greedy", "plain", "min_p", "top_k", "top_p", "full", "mixed"})
          .dtype(&SamplingCase::type);
  return table;
}

void SamplingCase::validate() const {
  if (valid > vocabulary) {
    throw BadInput(fmt::format("sampling: axis 'valid': expected at most vocabulary = {}, got {}",
                               vocabulary, valid));
  }
}

SamplingChain SamplingCase::chain_of(std::int64_t row) const {
  return chain == SamplingChain::mixed ? static_cast<SamplingChain>(row % 6) : chain;
}

Traffic SamplingCase::traffic() const {
  const std::int64_t each = 4 * mask_words() + 4 * stops + 8 * biases + 4 * history +
                            4 * sampling_numbers + 4 * sampling_integers + 8 + 3 * 4;
  return {.bytes = rows * (real_ids() * size_bytes(type) + each), .flops = 2 * rows * real_ids()};
}

std::vector<TensorSpec> SamplingCase::tensors() const {
  std::vector<TensorSpec> list{{"logits", type, {rows, vocabulary}, Role::input},
                               {"stop", Dtype::i32, {rows, stops}, Role::input},
                               {"bias_token", Dtype::i32, {rows, biases}, Role::input},
                               {"bias_add", Dtype::f32, {rows, biases}, Role::input},
                               {"prompt", Dtype::i32, {rows, history / 2}, Role::input},
                               {"output", Dtype::i32, {rows, history - history / 2}, Role::input},
                               {"numbers", Dtype::f32, {rows, sampling_numbers}, Role::input},
                               {"integers", Dtype::i32, {rows, sampling_integers}, Role::input},
                               {"seed", Dtype::i64, {rows}, Role::input},
                               {"token", Dtype::i32, {rows}, Role::output},
                               {"kept", Dtype::i32, {rows}, Role::output},
                               {"probability", Dtype::f32, {rows}, Role::output}};
  if (mask == SamplingMask::on) {
    list.push_back({"allowed", Dtype::i32, {rows, mask_words()}, Role::input});
  }
  return list;
}

namespace {

// Exact mode: every operation on these rows is exact, so they are compared bit for bit.
ReferenceValues exact_reference(const SamplingCase& c, const TensorSet& before,
                                const Sample& sample) {
  NumericReference token{.tensor = "token", .at = {}, .value = {}, .error_bound = {}};
  NumericReference kept{.tensor = "kept", .at = {}, .value = {}, .error_bound = {}};
  NumericReference probability{.tensor = "probability", .at = {}, .value = {}, .error_bound = {}};
  for (const std::int64_t row : sample.positions) {
    Request request;
    const auto reference_values = sample_row<double>(c, before, row, request);
    const bool greedy = request.params.temperature < 1e-5;
    const bool none = reference_values.token < 0;
    token.add_exact(static_cast<double>(reference_values.token));
    kept.add_exact(none ? 0
                   : greedy
                       ? 1
                       : static_cast<double>(std::count(reference_values.kept.begin(),
                                                        reference_values.kept.end(), Kept::yes)));
    probability.add_exact(
        none     ? 0
        : greedy ? 1
                 : reference_values.probability[static_cast<std::size_t>(reference_values.token)]);
  }
  ReferenceValues reference_values;
  for (NumericReference* numeric : {&token, &kept, &probability}) {
    if (!sample.complete) numeric->at = sample.positions;
    reference_values.numeric.push_back(std::move(*numeric));
  }
  return reference_values;
}

ReferenceValues real_reference(const SamplingCase& c, const TensorSet& before,
                               const Sample& sample) {
  NumericReference probability{.tensor = "probability", .at = {}, .value = {}, .error_bound = {}};
  if (!sample.complete) probability.at = sample.positions;
  std::vector<Allowed> judged;
  for (const std::int64_t row : sample.positions) {
    judged.push_back(judge_row(c, before, row));
    const Allowed& a = judged.back();
    probability.value.push_back((a.min_probability + a.max_probability) / 2);
    probability.error_bound.push_back((a.max_probability - a.min_probability) / 2);
  }
  ReferenceValues reference_values;
  reference_values.numeric.push_back(std::move(probability));
  reference_values.properties.push_back(choice_property(std::move(judged)));
  return reference_values;
}

}  // namespace

ReferenceValues SamplingCase::reference_values(const TensorSet& before, DataMode mode,
                                               std::uint64_t seed) const {
  const Sample sample =
      sample_rows(rows, 2000 * vocabulary, stream_key(id_of(*this), seed, mode, "rows"), 4);
  return mode == DataMode::exact ? exact_reference(*this, before, sample)
                                 : real_reference(*this, before, sample);
}

std::int64_t ambiguous_rows(const SamplingCase& c, const TensorSet& before) {
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < c.rows; ++row) {
    const Allowed a = judge_row(c, before, row);
    if (a.tokens.size() > 1 || a.min_kept != a.max_kept) ++count;
  }
  return count;
}

void register_sampling_reference(Registry& registry) {
  registry.add_kernel<SamplingCase>(
      "token[r] = argmax p_i / eps_i after mask, bias, penalties, temperature, min-p, top-k, "
      "top-p");
}

}  // namespace kernelgate
