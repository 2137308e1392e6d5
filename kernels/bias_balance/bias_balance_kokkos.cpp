// bias_balance, portable, in one launch: teams count their share of the choices in scratch and add
// it to the total counts (in any order: integers); the last team computes the steps.
#include <Kokkos_Core.hpp>
#include <cmath>

#include "kernels/bias_balance/bias_balance.hpp"
#include "kernels/common/kokkos/portable_variants.hpp"

namespace kernelgate {
namespace {

/// Divides by the same number many times: an estimate by the reciprocal, corrected by its
/// remainder. The reciprocal is correctly rounded, so the result is the correctly rounded quotient
/// where nothing underflows (Markstein 1990). Takes fewer registers of a device than a division.
struct Divisor {
  float value, reciprocal;

  explicit Divisor(double exact) : value(static_cast<float>(exact)), reciprocal(1 / value) {}

  KOKKOS_FUNCTION float divide(float x) const {
    const float estimate = x * reciprocal;
    return Kokkos::fma(Kokkos::fma(-estimate, value, x), reciprocal, estimate);
  }
};

/// Constants of one step in f32, computed on the host in double, so that powers of beta lose
/// nothing.
struct BiasStep {
  Divisor tokens, unbias1, unbias2;
  float share, rate, decay, beta1, beta2, rest1, rest2, epsilon;

  explicit BiasStep(const BiasBalanceCase& c)
      : tokens(static_cast<double>(c.tokens)),
        unbias1(1 - std::pow(BiasBalanceCase::beta1, static_cast<double>(c.step))),
        unbias2(1 - std::pow(BiasBalanceCase::beta2, static_cast<double>(c.step))) {
    share = 1.0F / static_cast<float>(c.experts);
    rate = static_cast<float>(BiasBalanceCase::rate);
    decay = static_cast<float>(c.weight_decay());
    beta1 = static_cast<float>(BiasBalanceCase::beta1);
    beta2 = static_cast<float>(BiasBalanceCase::beta2);
    rest1 = static_cast<float>(1 - BiasBalanceCase::beta1);
    rest2 = static_cast<float>(1 - BiasBalanceCase::beta2);
    epsilon = static_cast<float>(BiasBalanceCase::epsilon);
  }

  KOKKOS_FUNCTION void operator()(std::int64_t count, float& bias, float& first,
                                  float& second) const {
    const float excess = tokens.divide(static_cast<float>(count)) - share;
    first = beta1 * first + rest1 * excess;
    second = beta2 * second + rest2 * (excess * excess);
    const float change = unbias1.divide(first) / (Kokkos::sqrt(unbias2.divide(second)) + epsilon);
    bias -= rate * (change + decay * bias);
  }
};

/// How choices are distributed. A team has several histograms with their counters of a bin
/// adjacent, so that increments for equal consecutive choices do not wait for each other.
template <class Shape>
struct CountTile {
  static constexpr int histograms = Shape::is_host ? 8 : 4;             // a power of two
  static constexpr int item_choices = Shape::is_host ? histograms : 1;  // per work item
  static constexpr int team_choices = Shape::is_host ? 16384 : 4096;
};

template <class Shape>
struct BalanceBiases {
  using Tile = CountTile<Shape>;

  BiasStep step;
  const std::int32_t* choice;  // null: the counts are given
  std::int64_t* count;
  float *bias, *first_moment, *second_moment;
  std::int64_t* running;  // team sums of counts, then the number of finished teams; 0 between runs
  std::int64_t tokens;
  int bins;

  KOKKOS_FUNCTION std::size_t scratch_bytes() const {
    return sizeof(std::int32_t) * static_cast<std::size_t>(Tile::histograms * bins);
  }

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const bool counts_here = choice != nullptr;
    if (counts_here) {
      count_share(team);
      if (!is_last(team)) return;
    }
    static_assert(Shape::vector_length == 1);
    KG_ROLL for (int e = team.team_rank(); e < bins; e += team.team_size()) {
      if (counts_here) count[e] = Kokkos::atomic_exchange(&running[e], 0);
      if (e + 1 < bins) step(count[e], bias[e], first_moment[e], second_moment[e]);
    }
  }

  KOKKOS_FUNCTION void count_share(const ShapedTeam& team) const {
    auto* const mine = static_cast<std::int32_t*>(
        team.team_scratch(int{Shape::scratch_level}).get_shmem_aligned(scratch_bytes(), 64));
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, int{Tile::histograms} * bins),
                         [&](int i) { mine[i] = 0; });
    team.team_barrier();
    const std::int64_t begin =
        static_cast<std::int64_t>(team.league_rank()) * int{Tile::team_choices};
    const std::int64_t left = tokens - begin;
    const int many = left < Tile::team_choices ? static_cast<int>(left) : int{Tile::team_choices};
    const std::int32_t* const from = choice + begin;
    const int items = many / Tile::item_choices;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, items), [&](int item) {
      const std::int32_t* const its = from + item * Tile::item_choices;
      const int histogram = Tile::item_choices == 1 ? item & (Tile::histograms - 1) : 0;
      std::int32_t chosen[Tile::item_choices];
      KG_UNROLL for (int i = 0; i < Tile::item_choices; ++i) chosen[i] = its[i];
      KG_UNROLL for (int i = 0; i < Tile::item_choices; ++i) {
        fetch_add<Shape>(&mine[chosen[i] * Tile::histograms + histogram + i], 1);
      }
    });
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, items * int{Tile::item_choices}, many),
                         [&](int i) { fetch_add<Shape>(&mine[from[i] * Tile::histograms], 1); });
    team.team_barrier();
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, bins), [&](int e) {
      std::int32_t sum = 0;
      KG_UNROLL for (int h = 0; h < Tile::histograms; ++h) sum += mine[e * Tile::histograms + h];
      if (sum != 0) Kokkos::atomic_add(&running[e], std::int64_t{sum});
    });
  }

  /// Whether all other teams have added their share. Every thread gets the same result.
  KOKKOS_FUNCTION bool is_last(const ShapedTeam& team) const {
    team.team_barrier();  // the team's own share is added
    int last = 0;
    Kokkos::single(
        Kokkos::PerTeam(team),
        [&](int& value) {
          Kokkos::memory_fence();
          value = Kokkos::atomic_fetch_add(&running[bins], 1) + 1 == team.league_size() ? 1 : 0;
          if (value != 0) running[bins] = 0;
          Kokkos::memory_fence();
        },
        last);
    return last != 0;
  }
};

template <class Shape>
std::unique_ptr<Launch> launch(const BiasBalanceCase& c, TensorSet& tensors) {
  const bool counts_here = c.input == LoadInput::choices;
  const Staged<std::int64_t> count(tensors["count"]);
  const Staged<float> bias(tensors["bias"]), first(tensors["first"]), second(tensors["second"]);
  DeviceView<std::int32_t> choice;
  if (counts_here) choice = Staged<std::int32_t>(tensors["choice"]).view();
  const DeviceView<std::int64_t> running("running counts", static_cast<std::size_t>(c.experts + 2));
  const BalanceBiases<Shape> balance{
      BiasStep(c),    choice.data(), count.data(),
      bias.data(),    first.data(),  second.data(),
      running.data(), c.tokens,      static_cast<int>(c.experts + 1)};
  constexpr int team_choices = CountTile<Shape>::team_choices;
  const std::int64_t league = counts_here ? pieces(c.tokens, team_choices) : 1;
  const auto teams = teams_of<Shape>(league, balance.scratch_bytes() + 64);
  return make_launch(
      [=] {
        (void)choice, (void)running;  // own their memory
        Kokkos::parallel_for("bias_balance", teams, balance);
        Kokkos::fence();
      },
      [=] {
        if (counts_here) count.fetch();
        bias.fetch();
        first.fetch();
        second.fetch();
      });
}

}  // namespace

void register_bias_balance_kokkos(Registry& registry) {
  add_portable_variants<BiasBalanceCase>(
      registry, "counts in team scratch, the last team takes the steps",
      [](auto shape, const BiasBalanceCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return launch<Shape>(c, tensors);
      });
}

}  // namespace kernelgate
