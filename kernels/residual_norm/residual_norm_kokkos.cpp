// residual_norm, portable: a team takes a row, keeps its new stream in scratch, and norms it.
#include <Kokkos_Core.hpp>

#include "kernels/residual_norm/residual_norm_arguments.hpp"

namespace kernelgate {
namespace {

template <class T>
struct ResidualNormFunctor {
  using Policy = Kokkos::TeamPolicy<Space>;
  using Scratch =
      Kokkos::View<float*, typename Space::scratch_memory_space, Kokkos::MemoryUnmanaged>;

  ResidualNormMemory<T> m;
  std::int64_t width;
  bool reads, writes, rounds;  // the residual; the norm's input to T
  int level;                   // of scratch: 0 where a row fits there

  KOKKOS_FUNCTION float updated(std::int64_t at, std::int64_t i) const {
    const float left =
        (to_float(m.hidden[at]) + to_float(m.hidden_bias[i])) * to_float(m.hidden_scale[i]);
    if (!reads) return left;
    return left + (m.residual[at] + to_float(m.residual_bias[i])) * to_float(m.residual_scale[i]);
  }

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    const std::int64_t first = team.league_rank() * width;
    const Scratch row(team.team_scratch(level), static_cast<std::size_t>(width));
    float square = 0;
    Kokkos::parallel_reduce(
        Kokkos::TeamVectorRange(team, width),
        [&](std::int64_t i, float& partial) {
          float r = updated(first + i, i);
          if (writes) m.residual[first + i] = r;
          if (rounds) r = to_float(from_float<T>(r));
          row[i] = r;
          partial += r * r;
        },
        square);
    team.team_barrier();
    const float mean = square / static_cast<float>(width);
    const float inverse = 1.0F / Kokkos::sqrt(mean + static_cast<float>(ResidualNormCase::epsilon));
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, width), [&](std::int64_t i) {
      m.y[first + i] = from_float<T>(row[i] * inverse * to_float(m.weight[i]));
    });
  }
};

template <class T>
std::unique_ptr<Launch> launch(const ResidualNormCase& c, TensorSet& tensors) {
  using Functor = ResidualNormFunctor<T>;
  const ResidualNormStaged<T> staged(c, tensors);
  const std::size_t bytes = Functor::Scratch::shmem_size(static_cast<std::size_t>(c.hidden));
  const int level = bytes <= static_cast<std::size_t>(Functor::Policy::scratch_size_max(0)) ? 0 : 1;
  const Functor functor{staged.memory,
                        c.hidden,
                        c.reads_residual(),
                        c.writes_residual(),
                        c.norm_input == NormInput::storage,
                        level};
  typename Functor::Policy policy(static_cast<int>(c.tokens), Kokkos::AUTO);
  policy.set_scratch_size(level, Kokkos::PerTeam(bytes));
  return make_launch(
      [=] {
        Kokkos::parallel_for("residual_norm", policy, functor);
        Kokkos::fence();
      },
      [=] { staged.fetch(); });
}

}  // namespace

void register_residual_norm_kokkos(Registry& registry) {
  registry.add_variant<ResidualNormCase>(
      {"kokkos", Backend::kokkos, "a team a row, the new stream in scratch"},
      [](const ResidualNormCase& c, TensorSet& tensors) {
        return with_storage(c.type, [&]<class T>(T) { return launch<T>(c, tensors); });
      });
}

}  // namespace kernelgate
