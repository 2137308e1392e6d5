// residual_norm on CPU threads: a row at a time, vectors of lanes, the new stream kept in L1.
#include <Kokkos_Core.hpp>
#include <cmath>

#include "harness/executors/kokkos/lanes.hpp"
#include "kernels/residual_norm/residual_norm_arguments.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t widest_row = 8192;

/// The plain pointers of one launch.
template <class T>
struct Row {
  const T* hidden;
  const T* hidden_scale;
  const T* hidden_bias;
  const T* residual_scale;
  const T* residual_bias;
  const T* weight;
  float* residual;
  T* y;
};

template <class T, ResidualForm form>
[[gnu::always_inline]] inline float updated(const Row<T>& row, std::int64_t i) {
  const float left =
      (to_float(row.hidden[i]) + to_float(row.hidden_bias[i])) * to_float(row.hidden_scale[i]);
  if constexpr (form == ResidualForm::first) return left;
  return left +
         (row.residual[i] + to_float(row.residual_bias[i])) * to_float(row.residual_scale[i]);
}

template <class T, ResidualForm form>
[[gnu::always_inline]] inline Lanes updated_lanes(const Row<T>& row, std::int64_t i) {
  const Lanes left = (load_lanes(row.hidden + i) + load_lanes(row.hidden_bias + i)) *
                     load_lanes(row.hidden_scale + i);
  if constexpr (form == ResidualForm::first) return left;
  return left + (load_lanes(row.residual + i) + load_lanes(row.residual_bias + i)) *
                    load_lanes(row.residual_scale + i);
}

// Sums go over four vectors of lanes and a scalar tail: an order that only the width decides.
template <class T, ResidualForm form, bool rounds>
void norm_row(const Row<T>& row, std::int64_t width) {
  alignas(64) float kept[widest_row];
  const std::int64_t whole = width / lane_count * lane_count;
  Lanes square[4] = {};
  for (std::int64_t i = 0; i < whole; i += lane_count) {
    Lanes r = updated_lanes<T, form>(row, i);
    if constexpr (form != ResidualForm::last) store_lanes(row.residual + i, r);
    if constexpr (rounds) {
      T stored[lane_count];
      store_lanes(stored, r);
      r = load_lanes(stored);
    }
    store_lanes(kept + i, r);
    square[i / lane_count % 4] += r * r;
  }
  float sum = sum_lanes((square[0] + square[1]) + (square[2] + square[3]));
  for (std::int64_t i = whole; i < width; ++i) {
    float r = updated<T, form>(row, i);
    if constexpr (form != ResidualForm::last) row.residual[i] = r;
    if constexpr (rounds) r = to_float(from_float<T>(r));
    kept[i] = r;
    sum += r * r;
  }
  const float mean = sum / static_cast<float>(width);
  const float inverse = 1.0F / std::sqrt(mean + static_cast<float>(ResidualNormCase::epsilon));
  for (std::int64_t i = 0; i < whole; i += lane_count) {
    store_lanes(row.y + i, load_lanes(kept + i) * inverse * load_lanes(row.weight + i));
  }
  for (std::int64_t i = whole; i < width; ++i) {
    row.y[i] = from_float<T>(kept[i] * inverse * to_float(row.weight[i]));
  }
}

template <class T>
using NormRow = void (*)(const Row<T>&, std::int64_t);

template <class T>
NormRow<T> norm_row_of(const ResidualNormCase& c) {
  const auto pick = [&]<ResidualForm form>() -> NormRow<T> {
    return c.norm_input == NormInput::storage ? norm_row<T, form, true> : norm_row<T, form, false>;
  };
  switch (c.form) {
    case ResidualForm::first:
      return pick.template operator()<ResidualForm::first>();
    case ResidualForm::both:
      return pick.template operator()<ResidualForm::both>();
    case ResidualForm::last:
      return pick.template operator()<ResidualForm::last>();
  }
  return nullptr;
}

template <class T>
std::unique_ptr<Launch> launch(const ResidualNormCase& c, TensorSet& tensors) {
  const ResidualNormStaged<T> staged(c, tensors);
  const ResidualNormMemory<T>& m = staged.memory;
  const Row<T> first{
      m.hidden.data(),        m.hidden_scale.data(), m.hidden_bias.data(), m.residual_scale.data(),
      m.residual_bias.data(), m.weight.data(),       m.residual.data(),    m.y.data()};
  const NormRow<T> norm = norm_row_of<T>(c);
  const std::int64_t width = c.hidden;
  const std::int64_t rows = c.tokens;
  return make_launch([=] {
    (void)staged;  // owns the memory
    Kokkos::parallel_for("residual_norm/cpu",
                         Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>>(0, rows),
                         [=](std::int64_t r) {
                           Row<T> row = first;
                           row.hidden += r * width;
                           row.residual += r * width;
                           row.y += r * width;
                           norm(row, width);
                         });
    Kokkos::fence();
  });
}

std::optional<std::string> refusal(const ResidualNormCase&) {
  if constexpr (Kokkos::SpaceAccessibility<Space, Kokkos::HostSpace>::accessible) {
    return std::nullopt;
  }
  return "needs a host execution space, this build's Kokkos runs on " + std::string(Space::name());
}

}  // namespace

void register_residual_norm_cpu(Registry& registry) {
  registry.add_variant<ResidualNormCase>(
      {"kokkos/cpu", Backend::kokkos, "a thread a row, the new stream in L1"},
      [](const ResidualNormCase& c, TensorSet& tensors) {
        return with_storage(c.type, [&]<class T>(T) { return launch<T>(c, tensors); });
      },
      refusal);
}

}  // namespace kernelgate
