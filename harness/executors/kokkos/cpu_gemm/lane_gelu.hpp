// gelu of lanes, by erf: of the scalar libm, erf alone took half of a router's time.
#pragma once

#include "harness/executors/kokkos/lanes.hpp"
#include "harness/executors/kokkos/pack_math.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// erf of lanes, as erf() of packs: within 2 ulp, budgets declare 4.
inline Lanes erf_lanes(Lanes x) { return erf(Pack<float, lane_count>{x}).at; }

/// x (1 + erf(x / sqrt 2)) / 2                                                 (spec 4.2)
inline Lanes gelu_lanes(Lanes x) { return gelu(Pack<float, lane_count>{x}).at; }

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
