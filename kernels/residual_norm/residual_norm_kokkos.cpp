// residual_norm, portable: a team processes rows one by one, keeps the new stream of a row in
// scratch, and normalises it.
#include <Kokkos_Core.hpp>
#include <algorithm>

#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/common/kokkos/row_pass.hpp"
#include "kernels/common/kokkos/staging.hpp"
#include "kernels/common/kokkos/stored_pack.hpp"
#include "kernels/residual_norm/residual_norm.hpp"

namespace kernelgate {
namespace {

/// Views of the tensors; the two residual vectors are empty if no residual is read.
template <class T>
struct ResidualNormMemory {
  DeviceView<T> hidden, hidden_scale, hidden_bias, residual_scale, residual_bias, weight;
  DeviceView<float> residual;
  DeviceView<T> y;
};

/// The case's tensors staged on the device; fetch() copies the outputs back.
template <class T>
struct ResidualNormStaged {
  Staged<float> residual;
  Staged<T> y;
  ResidualNormMemory<T> memory;
  bool writes_residual;

  ResidualNormStaged(const ResidualNormCase& c, TensorSet& t)
      : residual(t["residual"]), y(t["y"]), writes_residual(c.writes_residual()) {
    const auto view = [&](std::string_view name) { return Staged<T>(t[name]).view(); };
    memory = {view("hidden"),
              view("hidden_scale"),
              view("hidden_bias"),
              {},
              {},
              view("weight"),
              residual.view(),
              y.view()};
    if (!c.reads_residual()) return;
    memory.residual_scale = view("residual_scale");
    memory.residual_bias = view("residual_bias");
  }
  void fetch() const {
    if (writes_residual) residual.fetch();
    y.fetch();
  }
};

/// The rows of a launch. `form` and `rounds` (the norm's input to T) are used in the inner loop.
template <class Shape, class T, ResidualForm form, bool rounds>
struct NormRows {
  using Pass = RowPass<Shape>;

  const T *hidden, *hidden_scale, *hidden_bias, *residual_scale, *residual_bias, *weight;
  float* residual;
  T* y;
  std::int64_t rows, team_rows;
  int width;

  KOKKOS_FUNCTION static std::size_t scratch_bytes(std::int64_t width) {
    return sizeof(float) * static_cast<std::size_t>(width + Pass::scratch_floats);
  }

  /// The new stream of a row from element i on, stored if the case keeps it.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> updated(const T* h, float* r, int i) const {
    Pack<float, W> x = (widen<W>(h + i) + widen<W>(hidden_bias + i)) * widen<W>(hidden_scale + i);
    if constexpr (form != ResidualForm::first) {
      x += (widen<W>(r + i) + widen<W>(residual_bias + i)) * widen<W>(residual_scale + i);
    }
    if constexpr (form != ResidualForm::last) store(r + i, x);
    return x;
  }

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    float* const kept = static_cast<float*>(
        team.team_scratch(int{Shape::scratch_level}).get_shmem_aligned(scratch_bytes(width), 64));
    float* const partial = kept + width;
    const std::int64_t begin = team.league_rank() * (Shape::is_host ? team_rows : 1);
    const std::int64_t left = rows - begin;
    const std::int64_t share = !Shape::is_host ? 1 : left < team_rows ? left : team_rows;
    for (std::int64_t row = begin; row < begin + share; ++row) {
      const T* h = hidden + row * width;
      float* r = residual + row * width;
      const float squares = Pass::sum(team, partial, width, [&](auto lanes, int i) {
        constexpr int W = decltype(lanes)::value;
        Pack<float, W> x = updated<W>(h, r, i);
        if constexpr (rounds && !std::is_same_v<T, float>) {
          T stored[W];
          narrow(stored, x);
          x = widen<W>(stored);
        }
        store(kept + i, x);
        return x * x;
      });
      const float mean = squares / static_cast<float>(width);
      const float inverse =
          1.0F / Kokkos::sqrt(mean + static_cast<float>(ResidualNormCase::epsilon));
      T* out = y + row * width;
      Pass::for_each(team, width, [&](auto lanes, int i) {
        constexpr int W = decltype(lanes)::value;
        narrow(out + i, load<Pack<float, W>>(kept + i) * inverse * widen<W>(weight + i));
      });
    }
  }
};

/// Rows per team. On a host up to four rows per thread form one team; a larger share is divided
/// into four teams or more, of at most 16 rows. On a device each row has its own team.
template <class Shape>
std::int64_t rows_of_team(std::int64_t rows) {
  if (!Shape::is_host) return 1;
  const std::int64_t share = pieces(rows, Space().concurrency());
  return share <= 4 ? share : std::clamp<std::int64_t>(share / 4, 1, 16);
}

template <class Shape, class T, ResidualForm form, bool rounds>
std::unique_ptr<Launch> launch(const ResidualNormCase& c, TensorSet& tensors) {
  using Rows = NormRows<Shape, T, form, rounds>;
  const ResidualNormStaged<T> staged(c, tensors);
  const ResidualNormMemory<T>& m = staged.memory;
  const std::int64_t team_rows = rows_of_team<Shape>(c.tokens);
  const Rows rows{m.hidden.data(),
                  m.hidden_scale.data(),
                  m.hidden_bias.data(),
                  m.residual_scale.data(),
                  m.residual_bias.data(),
                  m.weight.data(),
                  m.residual.data(),
                  m.y.data(),
                  c.tokens,
                  team_rows,
                  static_cast<int>(c.hidden)};
  constexpr int registers = nvidia_arch == 120 ? 40 : 32;  // the minimum without a spill
  const auto teams = teams_of<TeamShape<Shape, Shape::team_size, Shape::vector_length, registers>>(
      pieces(c.tokens, team_rows), Rows::scratch_bytes(c.hidden) + 64);
  return make_launch(
      [=] {
        Kokkos::parallel_for("residual_norm", teams, rows);
        Kokkos::fence();
      },
      [=] { staged.fetch(); });
}

template <class Shape, class T>
std::unique_ptr<Launch> launch(const ResidualNormCase& c, TensorSet& tensors) {
  const auto of = [&]<ResidualForm form>() {
    return c.norm_input == NormInput::storage ? launch<Shape, T, form, true>(c, tensors)
                                              : launch<Shape, T, form, false>(c, tensors);
  };
  switch (c.form) {
    case ResidualForm::first:
      return of.template operator()<ResidualForm::first>();
    case ResidualForm::both:
      return of.template operator()<ResidualForm::both>();
    default:
      return of.template operator()<ResidualForm::last>();
  }
}

}  // namespace

void register_residual_norm_kokkos(Registry& registry) {
  add_portable_variants<ResidualNormCase>(
      registry, "rows per team one by one, the new stream in scratch",
      [](auto shape, const ResidualNormCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return with_storage(c.type, [&]<class T>(T) { return launch<Shape, T>(c, tensors); });
      },
      [](auto shape, const ResidualNormCase& c) {
        using Shape = decltype(shape);
        using Rows = NormRows<Shape, float, ResidualForm::first, false>;
        return too_much_scratch<Shape>(Rows::scratch_bytes(c.hidden) + 64, Shape::team_size);
      });
}

}  // namespace kernelgate
