// The chain of sampling as one team of any size runs it over a row in global memory. Sums are whole
// numbers and ties have an order, so the result does not depend on the team's size.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "kernels/sampling/sampling_view.hpp"
#include "kernels/top_k/radix_select.hpp"

namespace kernelgate {

/// Digits of a key from the top: 11, 11, 10 bits.
struct Digit {
  int shift;
  int bits;
};
KOKKOS_INLINE_FUNCTION Digit digit_of_pass(int pass) {
  const int shifts[] = {21, 10, 0};
  const int widths[] = {11, 11, 10};
  return {shifts[pass], widths[pass]};
}

/// Scratch of a team: 24 KiB and a bit.
struct SamplingScratch {
  RadixScratch radix;
  std::uint64_t mass[RadixScratch::bins];
  std::uint64_t found_before;
  std::uint32_t found_bin;
};

/// One row in work: x is [vocabulary], -inf where an entry is out.
template <class Team, class T>
struct SamplingTeam {
  using Best = Kokkos::ValLocScalar<float, std::int64_t>;
  using BestOf = Kokkos::MaxFirstLoc<float, std::int64_t>;

  const Team& team;
  const SamplingRow<T>& row;
  float* x;
  std::uint32_t* mentions;  // [vocabulary], zero between uses; null: no history
  SamplingScratch* scratch;
  FixedPoint fixed;

  KOKKOS_FUNCTION static bool out(float v) { return v == -__builtin_inff(); }
  KOKKOS_FUNCTION static void offer(Best& best, float v, std::int64_t i) {
    if (v > best.val || (v == best.val && i < best.loc)) best = {v, i};
  }
  template <class F>
  KOKKOS_FUNCTION void each(std::int64_t count, const F& f) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, count), f);
    team.team_barrier();
  }
  template <class F>
  KOKKOS_FUNCTION std::uint64_t sum(std::int64_t count, const F& term) const {
    std::uint64_t total = 0;
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, count),
        [&](std::int64_t i, std::uint64_t& partial) { partial += term(i); }, total);
    return total;
  }

  /// Steps 1 to 4; the largest and its lowest index.
  KOKKOS_FUNCTION Best adjust() const {
    each(row.vocabulary, [&](std::int64_t i) { x[i] = row.masked_logit(i); });
    const auto outputs = static_cast<std::int64_t>(
        sum(row.outputs, [&](std::int64_t j) { return std::uint64_t{row.is_id(row.output[j])}; }));
    if (outputs < row.integers[min_tokens]) {
      each(row.stops, [&](std::int64_t j) {
        if (row.is_id(row.stop[j])) x[row.stop[j]] = -__builtin_inff();
      });
    }
    each(row.biases, [&](std::int64_t j) { add_bias(j); });
    if (mentions != nullptr) {
      each(row.prompts, [&](std::int64_t j) { mention(row.prompt[j], 0); });
      each(row.outputs, [&](std::int64_t j) { mention(row.output[j], 2); });
    }
    Best best;
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, row.vocabulary),
        [&](std::int64_t i, Best& mine) {
          const std::uint32_t seen = mentions == nullptr ? 0 : mentions[i];
          if (seen != 0) mentions[i] = 0;
          x[i] = row.tempered(seen == 0 ? x[i] : row.penalised(x[i], seen >> 1));
          if (!out(x[i])) offer(mine, x[i], i);
        },
        BestOf(best));
    team.team_barrier();
    return best;
  }

  /// An id that is listed twice belongs to its first entry, which adds in the list's order.
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
  // Bit 0: seen; the bits above count the times in the output.
  KOKKOS_FUNCTION void mention(std::int32_t id, std::uint32_t add) const {
    if (!row.is_id(id)) return;
    Kokkos::atomic_or(&mentions[id], 1U);
    if (add != 0) Kokkos::atomic_add(&mentions[id], add);
  }

  KOKKOS_FUNCTION float weight(std::int64_t i, float largest) const {
    if (out(x[i])) return 0;
    return x[i] == largest ? 1 : Kokkos::exp(x[i] - largest);
  }
  KOKKOS_FUNCTION std::uint64_t mass(std::int64_t i, float largest) const {
    return fixed.of(weight(i, largest));
  }
  KOKKOS_FUNCTION std::int64_t kept() const {
    return static_cast<std::int64_t>(
        sum(row.vocabulary, [&](std::int64_t i) { return std::uint64_t{!out(x[i])}; }));
  }

  /// Step 5. The weights' largest is 1, so p_i < min_p max p is weight < min_p.
  KOKKOS_FUNCTION void keep_min_p(float largest) const {
    const float least = row.numbers[min_p];
    each(row.vocabulary, [&](std::int64_t i) {
      if (x[i] < largest && weight(i, largest) < least) x[i] = -__builtin_inff();
    });
  }

  /// Step 6: finds the k-th largest, then drops what is smaller than its value.
  KOKKOS_FUNCTION void keep_top_k() const {
    const std::int64_t k = row.integers[top_k];
    if (k >= kept()) return;
    const auto source = [&](std::int64_t i) { return out(x[i]) ? no_entry : entry_of(x[i], i); };
    const Entry limit =
        select_limit<DeviceShape>(team, source, row.vocabulary, k, 31, &scratch->radix);
    std::uint32_t last_key = 0;
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, row.vocabulary),
        [&](std::int64_t i, std::uint32_t& mine) {
          const Entry e = source(i);
          if (e <= limit && e != no_entry && key_of(e) > mine) mine = key_of(e);
        },
        Kokkos::Max<std::uint32_t>(last_key));
    const float kth = value_of_key<float>(last_key);
    each(row.vocabulary, [&](std::int64_t i) {
      if (x[i] < kth) x[i] = -__builtin_inff();
    });
  }

  /// Step 7. Bins of mass, from small x upwards, narrow down the x at which the cumulative sum
  /// first exceeds the limit; of the entries equal to it the highest indices may still be dropped.
  KOKKOS_FUNCTION void keep_top_p(float largest) const {
    const std::uint64_t total =
        sum(row.vocabulary, [&](std::int64_t i) { return mass(i, largest); });
    std::uint64_t left = fixed.dropped_by(row.numbers[top_p], total);
    const auto rising = [&](std::int64_t i) { return ~order_key(upper_bits(x[i])); };
    std::uint32_t prefix = 0;
    std::uint32_t decided = 0;
    for (int pass = 0; pass < 3; ++pass) {
      const Digit digit = digit_of_pass(pass);
      const int shift = digit.shift;
      const std::uint32_t mask = (1U << digit.bits) - 1;
      each(RadixScratch::bins, [&](std::int64_t bin) { scratch->mass[bin] = 0; });
      each(row.vocabulary, [&](std::int64_t i) {
        const std::uint64_t m = mass(i, largest);
        if (m == 0 || (rising(i) & decided) != prefix) return;
        Kokkos::atomic_add(&scratch->mass[rising(i) >> shift & mask], m);
      });
      Kokkos::parallel_scan(Kokkos::TeamThreadRange(team, RadixScratch::bins),
                            [&](int bin, std::uint64_t& before, bool final) {
                              const std::uint64_t here = scratch->mass[bin];
                              if (final && before <= left && left - before < here) {
                                scratch->found_bin = static_cast<std::uint32_t>(bin);
                                scratch->found_before = before;
                              }
                              before += here;
                            });
      team.team_barrier();
      left -= scratch->found_before;
      prefix |= scratch->found_bin << shift;
      decided |= mask << shift;
      team.team_barrier();  // before the next pass clears what was just read
    }
    keep_above(prefix, left, largest);
  }

  // Keeps what lies above `edge`, and of its equals all but the left / weight highest indices.
  KOKKOS_FUNCTION void keep_above(std::uint32_t edge, std::uint64_t left, float largest) const {
    const float x_edge = value_of_key<float>(~edge);
    const std::uint64_t each_mass =
        fixed.of(x_edge == largest ? 1.0F : Kokkos::exp(x_edge - largest));
    const auto equals = static_cast<std::int64_t>(
        sum(row.vocabulary, [&](std::int64_t i) { return std::uint64_t{x[i] == x_edge}; }));
    const auto dropped = static_cast<std::int64_t>(left / each_mass);
    const auto source = [&](std::int64_t i) {
      return x[i] == x_edge ? static_cast<Entry>(i) : no_entry;
    };
    Entry last = no_entry - 1;
    if (dropped > 0) {
      last = select_limit<DeviceShape>(team, source, row.vocabulary, equals - dropped, 31,
                                       &scratch->radix);
    }
    each(row.vocabulary, [&](std::int64_t i) {
      if (x[i] < x_edge || (x[i] == x_edge && source(i) > last)) x[i] = -__builtin_inff();
    });
  }

  /// Step 8: the winner, with its probability in place of p / eps.
  KOKKOS_FUNCTION Best draw(float largest) const {
    const float total =
        fixed.to_sum(sum(row.vocabulary, [&](std::int64_t i) { return mass(i, largest); }));
    Best best;
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, row.vocabulary),
        [&](std::int64_t i, Best& mine) {
          if (!out(x[i])) offer(mine, row.race(weight(i, largest) / total, i), i);
        },
        BestOf(best));
    return {weight(best.loc, largest) / total, best.loc};
  }
};

}  // namespace kernelgate
