// Runs the chain of sampling over a row by one team of any size, a pack at a time. Filters that
// leave few numbers produce a list of them, which the later steps read instead of the row. Sums are
// whole numbers and ties have an order, so the result does not depend on the team's size.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "harness/core/exponential.hpp"
#include "kernels/common/kokkos/pack_masks.hpp"
#include "kernels/common/select/row_scan.hpp"
#include "kernels/sampling/packed_philox.hpp"
#include "kernels/sampling/packed_weights.hpp"
#include "kernels/sampling/sampling_view.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Memory that a team shares, in addition to 64 bytes for alignment: slightly over 16 KiB. It
/// contains the pointers to the row and its lists, so that a thread does not keep them in registers
/// from step to step.
template <class S, class T>
struct SamplingScratch {
  static constexpr int bins = 2048;

  SamplingRow<T> row;
  KeptNumbers kept, chosen;
  WeighedNumbers<S> numbers;

  union {
    std::int32_t sample[S::max_samples];
    std::uint64_t mass[bins];
  };
  std::uint64_t found_before;
  std::int32_t found_bin;
  std::int32_t count;
};

/// Limit of the remaining numbers, and their mass.
struct SamplingLeft {
  RankLimit limit;
  std::uint64_t mass;
};

/// One row being processed: x is [vocabulary], -inf where an entry is dropped.
template <class S, class T>
struct SamplingTeam {
  using Best = Kokkos::ValLocScalar<float, std::int64_t>;
  using BestOf = Kokkos::MaxFirstLoc<float, std::int64_t>;
  using Numbers = WeighedNumbers<S>;

  const ShapedTeam& team;
  const SamplingRow<T>& row;
  float* x;
  std::uint32_t* mentions;  // [vocabulary], zero between uses; null: no history
  const KeptNumbers &kept, &chosen;
  SamplingScratch<S, T>* scratch;
  PackedMass packed;

  KOKKOS_FUNCTION int vocabulary() const { return static_cast<int>(row.vocabulary); }
  KOKKOS_FUNCTION static float none() { return -__builtin_inff(); }
  KOKKOS_FUNCTION static std::int32_t rank_of(float v) {
    return rank_of_key(order_key(float_to_bits(v)));
  }
  /// Admits all numbers except -inf.
  KOKKOS_FUNCTION static RankLimit all_in() { return {rank_of(none()) + 1, any_place}; }
  KOKKOS_FUNCTION static void offer(Best& best, float v, std::int64_t i) {
    if (v > best.val || (v == best.val && i < best.loc)) best = {v, i};
  }
  template <class F>
  KOKKOS_FUNCTION void each(std::int64_t count, const F& f) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, count), f);
    team.team_barrier();
  }

  /// Step 1 except `stop`: logits as f32, -inf where masked.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> masked(int i) const {
    using P = Pack<float, W>;
    const P out = broadcast<P>(none());
    const std::int64_t real = row.real_ids - i;
    if (real <= 0) return out;
    P v = widen_first<W>(row.logits + i, real);
    if (real < W) v = select(mask_of<W>((1U << real) - 1), v, out);
    if (row.allowed == nullptr) return v;
    return select(mask_of<W>(row.allowed[i >> 5] >> (i & 31)), v, out);
  }
  /// The division of step 6. A NaN is dropped, and -0 becomes +0, so that equal numbers have equal
  /// bits.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION static Pack<float, W> tempered(Pack<float, W> v, float divisor) {
    if (divisor != 1) v = v / broadcast<Pack<float, W>>(divisor);
    return select(v > none(), v + 0.0F, broadcast<Pack<float, W>>(none()));
  }

  /// Steps 1 to 6; returns the largest x.
  KOKKOS_FUNCTION float adjust() const {
    std::int64_t outputs = 0;
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, row.outputs),
        [&](std::int64_t j, std::int64_t& some) { some += row.is_id(row.output[j]) ? 1 : 0; },
        outputs);
    const bool stopped = outputs < row.integers[min_tokens];
    const float divisor = row.greedy() ? 1.0F : row.numbers[temperature];
    if (!stopped && row.biases == 0 && mentions == nullptr) {
      return temper([&]<int W>(int i) { return tempered(masked<W>(i), divisor); });
    }
    each_pack<S>(team, vocabulary(), [&]<int W>(int i) { store(x + i, masked<W>(i)); });
    team.team_barrier();
    if (stopped) {
      each(row.stops, [&](std::int64_t j) {
        if (row.is_id(row.stop[j])) x[row.stop[j]] = none();
      });
    }
    each(row.biases, [&](std::int64_t j) { add_bias(j); });
    if (mentions != nullptr) penalise();
    return temper([&]<int W>(int i) { return tempered(load<Pack<float, W>>(x + i), divisor); });
  }
  template <class Source>
  KOKKOS_FORCEINLINE_FUNCTION float temper(const Source& source) const {
    constexpr int lanes = S::lanes;
    auto most = broadcast<Pack<float, lanes>>(none());
    auto single = broadcast<Pack<float, 1>>(none());
    each_pack<S>(team, vocabulary(), [&]<int W>(int i) {
      const auto v = source.template operator()<W>(i);
      store(x + i, v);
      if constexpr (W == lanes) {
        most = max(v, most);
      } else {
        single = max(v, single);
      }
    });
    float largest = max_of(most);
    if (single[0] > largest) largest = single[0];
    team.team_barrier();
    if constexpr (S::team_size > 1) team.team_reduce(Kokkos::Max<float>(largest));
    return largest;
  }

  /// An id that is listed twice is handled by its first entry, which adds all in the list's order.
  KOKKOS_FUNCTION void add_bias(std::int64_t j) const {
    const std::int32_t id = row.bias_token[j];
    if (!row.is_id(id)) return;
    for (std::int64_t earlier = 0; earlier < j; ++earlier) {
      if (row.bias_token[earlier] == id) return;
    }
    float v = x[id];
    for (std::int64_t later = j; later < row.biases; ++later) {
      if (row.bias_token[later] == id) v += row.bias_add[later];
    }
    x[id] = v;
  }
  /// Step 3. Of all mentions of an id, the one that takes away its count applies the penalty. Bit
  /// 0: seen; the bits above count the times in the output.
  KOKKOS_FUNCTION void penalise() const {
    each(row.prompts, [&](std::int64_t j) {
      const std::int32_t id = row.prompt[j];
      if (row.is_id(id)) fetch_exchange<S>(&mentions[id], 1U);
    });
    each(row.outputs, [&](std::int64_t j) {
      const std::int32_t id = row.output[j];
      if (row.is_id(id)) fetch_add<S>(&mentions[id], 2U);
    });
    each(row.prompts + row.outputs, [&](std::int64_t j) {
      const std::int32_t id = j < row.prompts ? row.prompt[j] : row.output[j - row.prompts];
      if (!row.is_id(id)) return;
      const std::uint32_t seen = fetch_exchange<S>(&mentions[id], 0U);
      if (seen != 0) x[id] = row.penalised(x[id], seen >> 1);
    });
  }

  /// The lowest index of the largest x.
  KOKKOS_FUNCTION std::int64_t first_of(float largest) const {
    int first = vocabulary();
    each_pack<S>(team, vocabulary(), [&]<int W>(int i) {
      const std::uint32_t bits = bits_of(load<Pack<float, W>>(x + i) == largest);
      if (bits == 0 || first <= i) return;
      first = i + Kokkos::countr_zero(bits);
    });
    if constexpr (S::team_size > 1) team.team_reduce(Kokkos::Min<int>(first));
    return first;
  }

  /// Steps 5 to 8. Returns the winner, with its probability instead of p / eps; `left` is the
  /// number kept.
  KOKKOS_FORCEINLINE_FUNCTION Best finish(float largest, int& left) const {
    Numbers listed{x, nullptr, vocabulary(), largest};
    int some = 0;
    if (list_candidates(largest, some)) {
      listed = numbers_of(chosen, drop_below_min_p(largest, some), largest);
    } else if (row.numbers[min_p] > 0) {
      drop_below_min_p_in_row(largest);
    }
    Kokkos::single(Kokkos::PerTeam(team), [&] { scratch->numbers = listed; });
    team.team_barrier();
    const Numbers& numbers = scratch->numbers;
    const RankLimit limit = limit_top_k(numbers);
    const std::uint64_t mass =
        mass_where(numbers, [=](auto r, auto p) { return limit.holds(r, p); });
    SamplingLeft in{limit, mass};
    if (row.numbers[top_p] < 1) in = keep_top_p(numbers, in);
    return draw(numbers, in, left);
  }

  /// Lists the entries that min-p and top-k may keep. Returns whether the list is complete.
  KOKKOS_FUNCTION bool list_candidates(float largest, int& some) const {
    const std::int64_t k = row.integers[top_k];
    const float least = row.numbers[min_p];
    if (row.vocabulary > kept.capacity && !(least > 0) && k <= 0) return false;
    std::int32_t floor = all_in().rank;
    if (least > 0) {
      // Numbers below the largest by more than -ln min_p and all roundings are dropped.
      const float margin = 0.001F + 0x1p-20F * Kokkos::fabs(largest);
      const float log = Kokkos::log(least);
      const float limit = largest + (log < 0 ? log : 0.0F) - margin;
      const std::int32_t rank = rank_of(largest < __builtin_inff() ? limit : largest);
      floor = rank > floor ? rank : floor;
    }
    const RowSource<float> source{x, 0};
    std::int32_t min = floor;
    if (k > 0 && k < kept.capacity && row.vocabulary > kept.capacity) {
      const auto wanted = static_cast<int>(k);
      const std::int32_t guess =
          guess_limit<S>(team, source, vocabulary(), wanted, scratch->sample);
      min = guess > floor ? guess : floor;
    }
    some = keep<S>(team, source, vocabulary(), RankMin{min}, kept);
    return some <= kept.capacity && (min == floor || some >= k);
  }

  /// Step 5 on the list. The largest weight is 1, so p_i < min_p max p is weight < min_p.
  KOKKOS_FORCEINLINE_FUNCTION int drop_below_min_p(float largest, int count) const {
    const float least = row.numbers[min_p];
    const KeptNumbers from = kept;
    ListEnd<S> end = open_list<S>(team, chosen);
    each_pack<S>(team, count, [&]<int W>(int i) {
      const auto ranks = from.template ranks<W>(i);
      const auto v = cast_bits<float>(ranks_of(cast_bits<std::uint32_t>(ranks)));
      const auto in = (v == largest) | (weights_of<S>(v, largest) >= least);
      end.append(ranks, from.template places<W>(i), bits_of(in));
    });
    return close_list<S>(team, end);
  }
  KOKKOS_FORCEINLINE_FUNCTION void drop_below_min_p_in_row(float largest) const {
    const float least = row.numbers[min_p];
    each_pack<S>(team, vocabulary(), [&]<int W>(int i) {
      const auto v = load<Pack<float, W>>(x + i);
      const auto in = (v == largest) | (weights_of<S>(v, largest) >= least);
      store(x + i, select(in, v, broadcast<Pack<float, W>>(none())));
    });
    team.team_barrier();
  }
  /// Converts the list's ranks to numbers in place: the map from bits to ranks is its own inverse.
  KOKKOS_FORCEINLINE_FUNCTION Numbers numbers_of(const KeptNumbers& list, int count,
                                                 float largest) const {
    each_pack<S>(team, count, [&]<int W>(int i) {
      const auto ranks = list.template ranks<W>(i);
      store(list.rank + i, cast_bits<std::int32_t>(ranks_of(cast_bits<std::uint32_t>(ranks))));
    });
    team.team_barrier();
    return {reinterpret_cast<const float*>(list.rank), list.place, count, largest};
  }

  /// Step 6: drops numbers below the k-th largest.
  KOKKOS_FORCEINLINE_FUNCTION RankLimit limit_top_k(const Numbers& numbers) const {
    const std::int64_t k = row.integers[top_k];
    const RankLimit all = all_in();
    if (k <= 0 || k >= numbers.count) return all;
    // If fewer than k numbers remain, no value is reached by k of them, and all of them stay.
    const int wanted = static_cast<int>(k);
    return {halve(all.rank, highest_rank, wanted, wanted,
                  [&](std::int32_t v) {
                    return count_where<S>(team, numbers, numbers.count,
                                          [=](auto r, auto) { return r >= v; });
                  }),
            any_place};
  }

  /// The mass of the numbers for which test(ranks, places) holds.
  template <class Test>
  KOKKOS_FORCEINLINE_FUNCTION std::uint64_t mass_where(const Numbers& numbers,
                                                       const Test& test) const {
    const Numbers source = numbers;
    constexpr int lanes = S::lanes, packs_at_once = 256;  // 2^22 each: sums below 2^31
    using I = Pack<std::int32_t, lanes>;
    I high_sum = broadcast<I>(0), low_sum = broadcast<I>(0);
    std::uint64_t sum = 0;
    int packs = 0;
    const auto flush = [&] {
      KG_UNROLL for (int l = 0; l < lanes; ++l) sum += packed.joined(high_sum[l], low_sum[l]);
      high_sum = low_sum = broadcast<I>(0);
      packs = 0;
    };
    each_pack<S>(team, source.count, [&]<int W>(int i) {
      Pack<std::int32_t, W> high, low;
      packed.split(source.template weights<W>(i), high, low);
      const auto in = test(source.template ranks<W>(i), source.template places<W>(i));
      if constexpr (W == lanes && lanes > 1) {
        high_sum += high & in;
        low_sum += low & in;
        if (++packs == packs_at_once) flush();
      } else {
        sum += packed.joined(high[0] & in[0], low[0] & in[0]);
      }
    });
    if constexpr (lanes > 1) flush();
    return team_sum<S>(team, sum);
  }

  /// Step 7. Bins of mass by distance from the largest locate the bin in which the cumulative sum,
  /// from small x upwards, exceeds the limit; the numbers of that bin are listed.
  KOKKOS_FORCEINLINE_FUNCTION SamplingLeft keep_top_p(const Numbers& numbers,
                                                      const SamplingLeft& in) const {
    const std::uint64_t dropped = packed.fixed().dropped_by(row.numbers[top_p], in.mass);
    Numbers edge = numbers;
    std::uint64_t before = 0;
    if (numbers.count > chosen.capacity) list_edge(numbers, in, dropped, edge, before);
    return drop_mass(edge, in, dropped, before);
  }
  KOKKOS_FORCEINLINE_FUNCTION void list_edge(const Numbers& numbers, const SamplingLeft& in,
                                             std::uint64_t dropped, Numbers& edge,
                                             std::uint64_t& before) const {
    const Numbers source = numbers;
    const float largest = source.largest;
    const RankLimit limit = in.limit;
    constexpr int bins = SamplingScratch<S, T>::bins;
    each(bins, [&](std::int64_t bin) { scratch->mass[bin] = 0; });
    each_pack<S>(team, source.count, [&]<int W>(int i) {
      Pack<std::int32_t, W> high, low;
      const auto ranks = source.template ranks<W>(i);
      packed.split(source.template weights<W>(i), high, low);
      const Pack<std::int32_t, W> bin = bins_of(ranks, largest);
      std::uint32_t bits =
          bits_of(limit.holds(ranks, source.template places<W>(i)) & ((high | low) != 0));
      for (; bits != 0; bits &= bits - 1) {
        const int l = Kokkos::countr_zero(bits);
        fetch_add<S>(&scratch->mass[bin[l]], packed.joined(high[l], low[l]));
      }
    });
    team.team_barrier();
    Kokkos::parallel_scan(Kokkos::TeamThreadRange(team, bins),
                          [&](int from_end, std::uint64_t& sum, bool final) {
                            const int bin = bins - 1 - from_end;
                            const std::uint64_t here = scratch->mass[bin];
                            if (final && sum <= dropped && dropped - sum < here) {
                              scratch->found_bin = bin;
                              scratch->found_before = sum;
                            }
                            sum += here;
                          });
    team.team_barrier();
    const std::int32_t bin = scratch->found_bin;
    const std::uint64_t mass_before = scratch->found_before;
    ListEnd<S> end = open_list<S>(team, chosen);
    each_pack<S>(team, source.count, [&]<int W>(int i) {
      const auto ranks = source.template ranks<W>(i);
      const auto places = source.template places<W>(i);
      const std::uint32_t bits =
          bits_of((bins_of(ranks, largest) == bin) & limit.holds(ranks, places));
      if (bits != 0) end.append(ranks, places, bits);
    });
    const int some = close_list<S>(team, end);
    if (some > chosen.capacity) return;
    edge = numbers_of(chosen, some, largest);
    before = mass_before;
  }
  /// 64 bins per factor e: numbers 32 below the largest have no mass.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION static Pack<std::int32_t, W> bins_of(
      const Pack<std::int32_t, W>& ranks, float largest) {
    using P = Pack<float, W>;
    const P x = cast_bits<float>(ranks_of(cast_bits<std::uint32_t>(ranks)));
    const P distance = (broadcast<P>(largest) - x) * 64.0F;
    const P last = broadcast<P>(SamplingScratch<S, T>::bins - 1);
    return truncated(select(x == largest, broadcast<P>(0.0F), min(distance, last)));
  }

  /// Drops numbers while their cumulative mass, `before` at the start, is at most `dropped`: in
  /// order of rising x, among equals the highest index first.
  KOKKOS_FORCEINLINE_FUNCTION SamplingLeft drop_mass(const Numbers& numbers, const SamplingLeft& in,
                                                     std::uint64_t dropped,
                                                     std::uint64_t before) const {
    const RankLimit limit = in.limit;
    const std::uint64_t to_drop = dropped - before;
    std::int32_t edge = limit.rank;
    std::uint64_t gone = 0;  // mass below `edge`
    // Binary search from the highest bit on: a step is taken if the mass below it may be dropped.
    for (std::uint32_t step = 1U << 31; step != 0; step >>= 1) {
      const std::int64_t middle = std::int64_t{edge} + step;
      if (middle > highest_rank) continue;
      const auto v = static_cast<std::int32_t>(middle);
      const std::uint64_t below = mass_where(numbers, [=](auto r, auto p) {
        return limit.holds(r, p) & (r < broadcast<decltype(r)>(v));
      });
      if (below > to_drop) continue;
      edge = v;
      gone = below;
    }
    const auto edge_bits =
        ranks_of(broadcast<Pack<std::uint32_t, 1>>(static_cast<std::uint32_t>(edge)));
    Mask<1> high, low;
    packed.split(weights_of<S>(cast_bits<float>(edge_bits), numbers.largest), high, low);
    const std::uint64_t equal_gone = (to_drop - gone) / packed.joined(high[0], low[0]);
    const auto equals_to = [&](std::int32_t last) {
      return count_where<S>(team, numbers, numbers.count,
                            [=](auto r, auto p) { return (r == edge) & (p <= last); });
    };
    std::int32_t place = any_place;
    if (equal_gone > 0) {
      const int wanted = equals_to(any_place) - static_cast<int>(equal_gone);
      place = -halve(-any_place, 0, wanted, wanted, [&](std::int32_t v) { return equals_to(-v); });
    }
    return {{edge, place}, in.mass - before - gone - equal_gone * packed.joined(high[0], low[0])};
  }

  /// Step 8.
  KOKKOS_FORCEINLINE_FUNCTION Best draw(const Numbers& numbers, const SamplingLeft& in,
                                        int& left) const {
    const Numbers source = numbers;
    const float total = packed.fixed().to_sum(in.mass);
    const PhiloxWords counter{
        {0, row.counter_word(position), row.counter_word(rollout), row.counter_word(round_number)}};
    const RankLimit limit = in.limit;
    Best best;
    best.val = -1;
    best.loc = row.vocabulary;
    float best_p = 0;
    int some = 0;
    each_pack<S>(team, source.count, [&]<int W>(int i) {
      const auto places = source.template places<W>(i);
      std::uint32_t bits = bits_of(limit.holds(source.template ranks<W>(i), places));
      if (bits == 0) return;
      some += Kokkos::popcount(bits);
      const Pack<float, W> p = source.template weights<W>(i) / broadcast<Pack<float, W>>(total);
      const auto word = philox_words(cast_bits<std::uint32_t>(places), counter, row.seed);
      // eps = -ln u >= 1 - u >= (~word >> 1) 2^-31, and 2^-18 exceeds the roundings.
      const auto least = floats_of(cast_bits<std::int32_t>((word ^ ~0U) >> 1)) * 0x1p-31F;
      bits &= ~bits_of(p * (1 + 0x1p-18F) < least * best.val);
      for (; bits != 0; bits &= bits - 1) {
        const int l = Kokkos::countr_zero(bits);
        const float score = p[l] / static_cast<float>(exponential_of(word[l]));
        if (score < best.val || (score == best.val && places[l] > best.loc)) continue;
        best = {score, places[l]};
        best_p = p[l];
      }
    });
    left = team_sum<S>(team, some);
    if constexpr (S::team_size > 1) {
      Best all = best;
      team.team_reduce(BestOf(all));
      const bool mine = all.val == best.val && all.loc == best.loc;
      float p = mine ? best_p : 0.0F;
      team.team_reduce(Kokkos::Max<float>(p));
      return {p, all.loc};
    } else {
      return {best_p, best.loc};
    }
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
