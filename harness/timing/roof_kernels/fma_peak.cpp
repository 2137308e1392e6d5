// Measures the peak rate of f32 multiply-adds with the widest units of this machine.
#include <omp.h>

#include <algorithm>
#include <chrono>

#include "harness/timing/roof.hpp"
#include "harness/timing/roof_kernels/fma_probe.hpp"

namespace kernelgate {

float fma_probe_baseline(std::int64_t steps, std::int64_t& flops) {
  return fma_rounds<4, 12>(steps, flops);
}

FmaUnits widest_fma_units() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {fma_probe_avx512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {fma_probe_avx2, 8};
#endif
  return {fma_probe_baseline, 4};
}

double measure_fma_peak() {
  using Clock = std::chrono::steady_clock;
  constexpr std::int64_t steps = 2'000'000;
  static volatile float sink = 0;  // keeps the probe's result alive
  const FmaProbe probe = widest_fma_units().probe;
  double best = 0;
  for (int trial = 0; trial < 7; ++trial) {
    std::int64_t flops = 0;
    float total = 0;
    const auto start = Clock::now();
#pragma omp parallel reduction(+ : total, flops)
    {
      std::int64_t own = 0;
      total += probe(steps, own);
      flops += own;
    }
    const std::chrono::duration<double> took = Clock::now() - start;
    best = std::max(best, static_cast<double>(flops) / took.count());
    sink = sink + total;
  }
  return best;
}

}  // namespace kernelgate
