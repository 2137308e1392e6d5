// bias_balance, portable: teams count their share of the choices in scratch, integer atomics add
// the shares up (in any order: integers), one thread an expert takes the step.
#include <Kokkos_Core.hpp>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/bias_balance/bias_balance.hpp"
#include "kernels/bias_balance/bias_step.hpp"

namespace kernelgate {
namespace {

struct CountFunctor {
  static constexpr std::int64_t choices_a_team = 16384;
  using Policy = Kokkos::TeamPolicy<Space>;
  using Scratch =
      Kokkos::View<std::int32_t*, typename Space::scratch_memory_space, Kokkos::MemoryUnmanaged>;

  DeviceView<std::int32_t> choice;
  DeviceView<std::int64_t> count;
  std::int64_t tokens, bins;

  KOKKOS_FUNCTION void operator()(const Policy::member_type& team) const {
    const Scratch mine(team.team_scratch(0), static_cast<std::size_t>(bins));
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, bins), [&](std::int64_t e) { mine[e] = 0; });
    team.team_barrier();
    const std::int64_t first = team.league_rank() * choices_a_team;
    const std::int64_t left = tokens - first;
    const std::int64_t many = left < choices_a_team ? left : choices_a_team;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, many),
                         [&](std::int64_t t) { Kokkos::atomic_add(&mine[choice[first + t]], 1); });
    team.team_barrier();
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, bins), [&](std::int64_t e) {
      if (mine[e] != 0) Kokkos::atomic_add(&count[e], static_cast<std::int64_t>(mine[e]));
    });
  }
};

std::unique_ptr<Launch> launch(const BiasBalanceCase& c, TensorSet& tensors) {
  const bool counts_here = c.input == LoadInput::choices;
  const Staged<std::int64_t> count(tensors["count"]);
  const Staged<float> bias(tensors["bias"]), first(tensors["first"]), second(tensors["second"]);
  DeviceView<std::int32_t> choice;
  if (counts_here) choice = Staged<std::int32_t>(tensors["choice"]).view();
  const CountFunctor functor{choice, count.view(), c.tokens, c.experts + 1};
  const std::int64_t teams =
      (c.tokens + CountFunctor::choices_a_team - 1) / CountFunctor::choices_a_team;
  CountFunctor::Policy policy(static_cast<int>(teams), Kokkos::AUTO);
  policy.set_scratch_size(
      0,
      Kokkos::PerTeam(CountFunctor::Scratch::shmem_size(static_cast<std::size_t>(c.experts + 1))));
  const BiasStep step(c);
  const std::int64_t experts = c.experts;
  return make_launch(
      [=] {
        if (counts_here) {
          Kokkos::deep_copy(Space(), count.view(), 0);
          Kokkos::parallel_for("bias_balance/count", policy, functor);
        }
        const auto n = count.view();
        const auto b = bias.view(), m = first.view(), v = second.view();
        Kokkos::parallel_for(
            "bias_balance/step",
            Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>>(0, experts),
            KOKKOS_LAMBDA(std::int64_t e) { step(n[e], b[e], m[e], v[e]); });
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
  registry.add_variant<BiasBalanceCase>(
      {"kokkos", Backend::kokkos, "counts in team scratch, then one thread an expert"}, launch);
}

}  // namespace kernelgate
