// Measures multiply-adds with vectors of one width. Each width is a compilation unit with its own
// flags, so that the peak is that of the machine's widest units, whatever the build's target.
#pragma once

#include <cstdint>

namespace kernelgate {

/// Runs `steps` rounds of multiply-adds on one thread and returns a value that depends on all of
/// them. `flops` receives the number of operations, two per multiply-add and lane.
using FmaProbe = float (*)(std::int64_t steps, std::int64_t& flops);

float fma_probe_baseline(std::int64_t steps,
                         std::int64_t& flops);  // the vectors of the build's target
#if defined(__x86_64__)
float fma_probe_avx2(std::int64_t steps, std::int64_t& flops);
float fma_probe_avx512(std::int64_t steps, std::int64_t& flops);
#endif

/// The widest units of this machine: its probe, and the f32 lanes of one vector.
struct FmaUnits {
  FmaProbe probe = nullptr;
  int lanes = 0;
};
FmaUnits widest_fma_units();

namespace {

// g++ 12 ignores a vector_size that depends on a template argument.
template <int lanes>
struct FloatVector;
template <>
struct FloatVector<4> {
  using type = float __attribute__((vector_size(16)));
};
template <>
struct FloatVector<8> {
  using type = float __attribute__((vector_size(32)));
};
template <>
struct FloatVector<16> {
  using type = float __attribute__((vector_size(64)));
};

/// `chains` independent sums hide the latency: two units with 4 to 5 cycles each need 8 to 10. All
/// of them, and two constants, must fit into the registers.
template <int lanes, int chains>
float fma_rounds(std::int64_t steps, std::int64_t& flops) {
  using Vector = typename FloatVector<lanes>::type;
  Vector x[chains];
  // No chain starts at 1, where a step changes nothing and a compiler could remove it.
  for (int c = 0; c < chains; ++c) x[c] = Vector{} + 2.0F + static_cast<float>(c);
  const Vector scale = Vector{} + 0.999F;
  const Vector shift = Vector{} + 0.001F;
  for (std::int64_t i = 0; i < steps; ++i) {
    for (int c = 0; c < chains; ++c) x[c] = x[c] * scale + shift;
  }
  // Sums every lane, because a lane that nothing depends on would not be computed.
  Vector sum = x[0];
  for (int c = 1; c < chains; ++c) sum += x[c];
  float total = 0;
  for (int lane = 0; lane < lanes; ++lane) total += sum[lane];
  flops = 2 * steps * chains * lanes;
  return total;
}

}  // namespace
}  // namespace kernelgate
