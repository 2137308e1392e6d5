// linear, portable: one team a tile of outputs, lanes along the reduction axis.
#include <Kokkos_Core.hpp>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/linear/linear.hpp"

namespace kernelgate {
namespace {

/// One team computes `rows_a_team` outputs of one token; threads take rows, vector lanes the sum.
template <class T, class O>
struct LinearFunctor {
  static constexpr int rows_a_team = 16;
  using Policy = Kokkos::TeamPolicy<Space>;

  DeviceView<T> x, w;
  DeviceView<O> y;
  std::int64_t out, in, tiles;

  KOKKOS_FUNCTION void operator()(const Policy::member_type& team) const {
    const std::int64_t token = team.league_rank() / tiles;
    const std::int64_t first = team.league_rank() % tiles * rows_a_team;
    const std::int64_t rows = first + rows_a_team <= out ? rows_a_team : out - first;
    const T* x_row = x.data() + token * in;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, rows), [&](std::int64_t r) {
      const T* w_row = w.data() + (first + r) * in;
      float sum = 0;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, in),
          [&](std::int64_t i, float& partial) { partial += to_float(x_row[i]) * to_float(w_row[i]); },
          sum);
      Kokkos::single(Kokkos::PerThread(team),
                     [&] { y[token * out + first + r] = from_float<O>(sum); });
    });
  }
};

template <class T, class O>
std::unique_ptr<Launch> launch(const LinearCase& c, TensorSet& tensors) {
  using Functor = LinearFunctor<T, O>;
  const Staged<T> x(tensors["x"]), w(tensors["w"]);
  const Staged<O> y(tensors["y"]);
  const std::int64_t tiles = (c.out + Functor::rows_a_team - 1) / Functor::rows_a_team;
  const Functor functor{x.view(), w.view(), y.view(), c.out, c.in, tiles};
  const typename Functor::Policy policy(static_cast<int>(c.tokens * tiles), Kokkos::AUTO);
  return make_launch(
      [=] {
        Kokkos::parallel_for("linear", policy, functor);
        Kokkos::fence();
      },
      [=] { y.fetch(); });
}

std::unique_ptr<Launch> prepare(const LinearCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    if (c.output == LinearOutput::f32) return launch<T, float>(c, tensors);
    return launch<T, T>(c, tensors);
  });
}

}  // namespace

void register_linear_kokkos(Registry& registry) {
  registry.add_variant<LinearCase>(
      {"kokkos", Backend::kokkos, "TeamPolicy, lanes along the reduction"}, prepare);
}

}  // namespace kernelgate
