// gelu of lanes, by erf: of the scalar libm, erf alone took half of a router's time.
#pragma once

#include "harness/executors/kokkos/cpu_gemm/lane_blocks.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// erf x within 2 ulp (1.23 at worst in a scan of all floats; budgets declare 4): this project's
/// fit of docs/dialect.md, section 3, without the second parts that give it 1 ulp there.
inline Lanes erf_lanes(Lanes x) {
  const LaneBits sign = reinterpret_cast<LaneBits>(x) & 0x80000000U;
  const Lanes t = reinterpret_cast<Lanes>(reinterpret_cast<LaneBits>(x) ^ sign);
  // Below 1: x + x p(x^2).
  const Lanes z = t * t;
  Lanes p = all_lanes(0x1.4771fcp-14F);
  p = p * z - 0x1.a3515ep-11F;
  p = p * z + 0x1.53f224p-8F;
  p = p * z - 0x1.b7f71ap-6F;
  p = p * z + 0x1.ce2ce6p-4F;
  p = p * z - 0x1.81273ep-2F;
  p = p * z + 0x1.06eba8p-3F;
  const Lanes near = p * t + t;
  // Above: 1 - e^(-t h(t)).
  const Lanes u = t > 4.0F ? all_lanes(4.0F) : t;
  Lanes h = all_lanes(0x1.d571c8p-17F);
  h = h * u - 0x1.6fe2c2p-12F;
  h = h * u + 0x1.ec9d92p-9F;
  h = h * u - 0x1.8967ecp-6F;
  h = h * u + 0x1.b45b1ap-4F;
  h = h * u + 0x1.451aaap-1F;
  h = h * u + 0x1.20f21ep+0F;
  const Lanes far = 1.0F - exp_lanes(-u * h);
  const Lanes size = t < 1.0F ? near : far;
  return reinterpret_cast<Lanes>(reinterpret_cast<LaneBits>(size) | sign);
}

/// x (1 + erf(x / sqrt 2)) / 2                                                 (spec 4.2)
inline Lanes gelu_lanes(Lanes x) { return 0.5F * x * (1.0F + erf_lanes(x * 0.70710678F)); }

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
