// Scalar reference for sampling one token (spec 7.1), step by step in the order of the list there.
// With N = Bounded a comparison may be too close to call in f32 arithmetic. Such entries are
// carried as uncertain, and the result is the set of tokens that a correctly implemented kernel may
// draw.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "harness/core/bounded.hpp"
#include "harness/core/exponential.hpp"
#include "harness/core/values.hpp"

namespace kernelgate::reference {

struct LogitBias {
  std::int32_t token = 0;
  float add = 0;
};

/// Parameters of a request. The defaults change nothing, and draw at a temperature of 1.
struct SamplingParams {
  std::int64_t valid = 0;                  // ids below it are real; 0: the whole row (spec 1.4)
  std::span<const std::uint32_t> bitmask;  // bit id & 31 of word id >> 5; columns beyond: untouched
  std::span<const std::int32_t> banned;    // never drawn
  std::int64_t min_tokens = 0;             // with fewer output tokens, `stop` is never drawn
  std::span<const std::int32_t> stop;
  std::span<const LogitBias> bias;
  std::span<const std::int32_t> prompt, output;  // token ids, for the penalties
  double repetition = 1, frequency = 0, presence = 0;
  double temperature = 1;  // below 1e-5: greedy
  double min_p = 0;        // 0: off
  std::int64_t top_k = 0;  // 0: off
  double top_p = 1;        // 1: off
  std::uint64_t seed = 0;
  std::uint32_t position = 0, rollout = 0, round = 0;
};

enum class Kept : std::uint8_t { no, yes, uncertain };

template <class N>
struct Sampled {
  std::int64_t token = -1;               // -1: every entry was masked
  std::vector<std::int64_t> acceptable;  // what a correct f32 kernel may draw; one id for double
  std::vector<N> logit;                  // after step 6 (step 4 when greedy); masked: -inf
  std::vector<Kept> kept;                // after step 9
  std::vector<N> probability;            // step 10, 0 where masked
};

/// Decides x < limit: yes when surely not below, no when surely below, else uncertain. Equal
/// numbers with equal bounds came from equal inputs and stay equal in any arithmetic.
template <class N>
Kept not_below(const N& x, const N& limit) {
  if (value_of(x) == value_of(limit) && bound_of(x) == bound_of(limit)) return Kept::yes;
  const double slack = bound_of(x) + bound_of(limit);
  if (slack > 0 && std::abs(value_of(x) - value_of(limit)) <= slack) return Kept::uncertain;
  return value_of(x) < value_of(limit) ? Kept::no : Kept::yes;
}

/// A double that a kernel stores as f32.
inline double held_as_f32(double x, double) { return x; }
inline Bounded held_as_f32(double x, Bounded) { return rounded_f32(x, 0); }

/// Steps 1 to 4: masks, biases, penalties.
template <class N>
void adjust_logits(std::vector<N>& x, const SamplingParams& p) {
  const auto size = static_cast<std::int64_t>(x.size());
  const auto at = [&](std::int32_t id) -> N& { return x[static_cast<std::size_t>(id)]; };
  const N never = N(-INFINITY);
  for (std::int64_t i = p.valid == 0 ? size : p.valid; i < size; ++i) {
    at(static_cast<std::int32_t>(i)) = never;
  }
  const auto covered = std::min(size, 32 * static_cast<std::int64_t>(p.bitmask.size()));
  for (std::int64_t i = 0; i < covered; ++i) {
    const std::uint32_t word = p.bitmask[static_cast<std::size_t>(i >> 5)];
    if (((word >> (i & 31)) & 1U) == 0) at(static_cast<std::int32_t>(i)) = never;
  }
  for (const std::int32_t id : p.banned) at(id) = never;
  if (static_cast<std::int64_t>(p.output.size()) < p.min_tokens) {
    for (const std::int32_t id : p.stop) at(id) = never;
  }
  for (const LogitBias& b : p.bias) at(b.token) = at(b.token) + N(b.add);

  std::vector<std::int64_t> in_output(x.size());
  std::vector<bool> seen(x.size());
  for (const std::int32_t id : p.prompt) seen[static_cast<std::size_t>(id)] = true;
  for (const std::int32_t id : p.output) {
    seen[static_cast<std::size_t>(id)] = true;
    ++in_output[static_cast<std::size_t>(id)];
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (value_of(x[i]) == -INFINITY) continue;
    if (seen[i] && p.repetition != 1) {
      x[i] = value_of(x[i]) > 0 ? x[i] / N(p.repetition) : x[i] * N(p.repetition);
    }
    const auto count = static_cast<double>(in_output[i]);
    if (count > 0 && p.frequency != 0) x[i] = x[i] - N(p.frequency) * N(count);
    if (count > 0 && p.presence != 0) x[i] = x[i] - N(p.presence);
  }
}

/// Softmax over the entries that may be kept; entries dropped for certain are 0.
template <class N>
std::vector<N> kept_softmax(const std::vector<N>& x, const std::vector<Kept>& kept) {
  double largest = -INFINITY;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (kept[i] != Kept::no) largest = std::max(largest, value_of(x[i]));
  }
  std::vector<N> p(x.size(), N(0));
  Sum<N> total;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (kept[i] == Kept::no) continue;
    p[i] = exp_of(x[i] - N(largest));
    total.add(p[i]);
  }
  const N sum = total.result();
  for (N& v : p) v = v / sum;
  return p;
}

inline Kept weaker(Kept a, Kept b) {
  if (a == Kept::no || b == Kept::no) return Kept::no;
  return a == Kept::yes && b == Kept::yes ? Kept::yes : Kept::uncertain;
}

/// Step 7: drops p_i < min_p max p.
template <class N>
void keep_min_p(const std::vector<N>& x, double min_p, std::vector<Kept>& kept) {
  const std::vector<N> p = kept_softmax(x, kept);
  N largest = N(0);
  for (const N& v : p) largest = value_of(v) > value_of(largest) ? v : largest;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (value_of(p[i]) == value_of(largest)) continue;  // min_p <= 1 never drops the largest
    kept[i] = weaker(kept[i], not_below(p[i], N(min_p) * largest));
  }
}

/// Step 8: drops x below the k-th largest of the remaining entries; ties at the threshold all stay.
template <class N>
void keep_top_k(const std::vector<N>& x, std::int64_t k, std::vector<Kept>& kept) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (kept[i] != Kept::no) order.push_back(i);
  }
  if (k >= static_cast<std::int64_t>(order.size())) return;
  const auto kth = order.begin() + (k - 1);
  std::nth_element(order.begin(), kth, order.end(),
                   [&](std::size_t a, std::size_t b) { return value_of(x[a]) > value_of(x[b]); });
  const N limit = x[*kth];
  bool close = false;  // then the k-th itself is uncertain, and so are all entries equal to it
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Kept here = not_below(x[i], limit);
    close = close || (kept[i] != Kept::no && here == Kept::uncertain);
    kept[i] = weaker(kept[i], here);
  }
  for (std::size_t i = 0; close && i < x.size(); ++i) {
    if (value_of(x[i]) == value_of(limit)) kept[i] = weaker(kept[i], Kept::uncertain);
  }
}

/// Whether f32 softmaxes of two different logits may compare differently from the logits.
inline bool may_swap(double, double) { return false; }
inline bool may_swap(Bounded a, Bounded b) {
  if (a.value == b.value && a.bound == b.bound) return false;  // ties have their own order
  const double exp_ulps = 4 * declared_ulps.exp * f32_unit;    // 2 ulps for each exponential
  return std::abs(a.value - b.value) <= a.bound + b.bound + exp_ulps;
}

/// Step 9: in order of rising probability, drops while the cumulative sum is <= 1 - top_p, but
/// never the largest. Among equal values the higher index is dropped first, so that the lowest
/// stays.
template <class N>
void keep_top_p(const std::vector<N>& x, double top_p, std::vector<Kept>& kept) {
  const std::vector<N> p = kept_softmax(x, kept);
  std::vector<std::size_t> order;
  double open = 0;  // mass of entries that a correct kernel may have dropped already
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (kept[i] != Kept::no) order.push_back(i);
    if (kept[i] == Kept::uncertain) open += value_of(p[i]);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(value_of(p[a]), b) < std::pair(value_of(p[b]), a);
  });
  const double limit = 1 - top_p;
  Sum<N> cumulative;
  std::size_t edge = order.empty() ? 0 : order.size() - 1;  // rank of the first entry that stays
  for (std::size_t rank = 0; rank + 1 < order.size(); ++rank) {
    cumulative.add(p[order[rank]]);
    const N c = cumulative.result();
    const double slack = bound_of(c) + open + (bound_of(c) > 0 ? f32_unit : 0);
    const bool close = slack > 0 && std::abs(value_of(c) - limit) <= slack;
    const Kept here = close ? Kept::uncertain : value_of(c) <= limit ? Kept::no : Kept::yes;
    if (value_of(c) > limit) edge = std::min(edge, rank);
    kept[order[rank]] = weaker(kept[order[rank]], here);
  }
  // Entries whose order rounding may reverse can change places across the edge.
  for (const std::size_t rank : {edge, edge - (edge > 0 ? 1 : 0)}) {
    for (const std::size_t i : order) {
      if (i == order[rank] || !may_swap(x[i], x[order[rank]])) continue;
      if (kept[i] == kept[order[rank]]) continue;
      kept[i] = kept[order[rank]] = Kept::uncertain;
    }
  }
}

/// Picks the maximum score, lowest index on ties, and all entries that may beat or tie it within
/// bounds.
template <class N>
void pick(const std::vector<N>& score, Sampled<N>& out) {
  double sure = -INFINITY;  // the minimum that the best certain entry reaches
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (out.kept[i] == Kept::no) continue;
    if (out.token < 0 ||
        value_of(score[i]) > value_of(score[static_cast<std::size_t>(out.token)])) {
      out.token = static_cast<std::int64_t>(i);
    }
    if (out.kept[i] == Kept::yes) sure = std::max(sure, value_of(score[i]) - bound_of(score[i]));
  }
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (out.kept[i] == Kept::no) continue;
    const bool may_win = value_of(score[i]) + bound_of(score[i]) >= sure;
    const bool exact_tie = value_of(score[i]) == sure && bound_of(score[i]) == 0 &&
                           static_cast<std::int64_t>(i) != out.token;
    if (may_win && !exact_tie) out.acceptable.push_back(static_cast<std::int64_t>(i));
  }
}

/// Samples from logits given as N: `Bounded` ones may carry an error of their own.
template <class N>
Sampled<N> sample_numbers(std::vector<N> logits, const SamplingParams& p) {
  Sampled<N> out;
  out.logit = std::move(logits);
  adjust_logits(out.logit, p);
  for (const N& x : out.logit) {  // masked entries and NaNs are dropped
    out.kept.push_back(value_of(x) > -INFINITY ? Kept::yes : Kept::no);
  }
  if (p.temperature < 1e-5) {
    pick(out.logit, out);
    return out;
  }
  for (std::size_t i = 0; i < out.logit.size(); ++i) {
    if (out.kept[i] == Kept::yes) out.logit[i] = out.logit[i] / N(p.temperature);
  }
  if (p.min_p > 0) keep_min_p(out.logit, p.min_p, out.kept);
  if (p.top_k > 0) keep_top_k(out.logit, p.top_k, out.kept);
  if (p.top_p < 1) keep_top_p(out.logit, p.top_p, out.kept);
  out.probability = kept_softmax(out.logit, out.kept);
  std::vector<N> ratio(out.probability.size(), N(0));
  for (std::size_t i = 0; i < ratio.size(); ++i) {
    if (out.kept[i] == Kept::no) continue;
    const DrawCounter at{static_cast<std::uint32_t>(i), p.position, p.rollout, p.round};
    ratio[i] = out.probability[i] / held_as_f32(exponential_noise(p.seed, at), N(0));
  }
  pick(ratio, out);
  return out;
}

template <class N>
Sampled<N> sample_token(const Values& logits, const SamplingParams& p) {
  return sample_numbers<N>(numbers<N>(logits), p);
}

}  // namespace kernelgate::reference
