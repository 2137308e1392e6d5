// The tensors of a case of residual_norm as the portable kernel sees them.
#pragma once

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/residual_norm/residual_norm.hpp"

namespace kernelgate {

/// Views of the tensors; the two residual vectors are empty where there is no residual to read.
template <class T>
struct ResidualNormMemory {
  DeviceView<T> hidden, hidden_scale, hidden_bias, residual_scale, residual_bias, weight;
  DeviceView<float> residual;
  DeviceView<T> y;
};

/// The case's tensors staged on the device; fetch() brings back what the kernel wrote.
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

}  // namespace kernelgate
