// linear with OpenBLAS: one sgemm, f32 only.
#include <cblas.h>

#include <limits>

#include "kernels/linear/linear.hpp"

namespace kernelgate {
namespace {

std::optional<std::string> unsupported_reason(const LinearCase& c) {
  if (c.type != Dtype::f32) return "OpenBLAS: sgemm takes f32, the case stores another type";
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  if (c.tokens > most || c.out > most || c.in > most) return "OpenBLAS: a size exceeds 2147483647";
  return std::nullopt;
}

std::unique_ptr<Launch> prepare(const LinearCase& c, TensorSet& tensors) {
  const float* x = tensors["x"].as<float>().data();
  const float* w = tensors["w"].as<float>().data();
  float* y = tensors["y"].as<float>().data();
  const auto tokens = static_cast<int>(c.tokens);
  const auto out = static_cast<int>(c.out), in = static_cast<int>(c.in);
  return make_launch([=] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, tokens, out, in, 1, x, in, w, in, 0, y,
                out);
  });
}

}  // namespace

void register_linear_openblas(Registry& registry) {
  registry.add_variant<LinearCase>({"baseline/openblas", Backend::kokkos, "OpenBLAS sgemm"},
                                   prepare, unsupported_reason);
}

}  // namespace kernelgate
