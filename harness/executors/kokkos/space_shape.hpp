// What an execution space computes well with, as data: the only difference between a host and a
// device that a portable kernel sees. A shape is a type, so a kernel with the device's shape also
// runs on a host, where the suites judge it.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <type_traits>

#include "harness/executors/kokkos/pack.hpp"
#include "harness/executors/kokkos/staging.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

inline constexpr bool space_is_host =
    std::is_same_v<typename Space::memory_space, Kokkos::HostSpace>;

/// One thread is a team: wide packs, and a second-level cache of some 512 KiB for what it works on.
struct HostShape {
  static constexpr bool is_host = true;
  static constexpr int lanes = native_lanes;  // numbers of a pack
  static constexpr int scratch_level = 1;     // Kokkos' OpenMP has 32 KiB of level 0
  static constexpr int team_size = 1;
  static constexpr int vector_length = 1;
  // Matrix products: a block of sums, row_packs packs by block_columns, in registers.
  static constexpr int row_packs = 2;
  static constexpr int block_columns = native_lanes == 16 ? 12 : 6;
  // Row dots: work items that share a row, 32-bit words that each reads at a time, rows at a time.
  static constexpr int dot_strands = 1, dot_words = native_lanes, dot_rows = 8;
};

/// Many threads with few registers each, and shared memory.
struct DeviceShape {
  static constexpr bool is_host = false;
  static constexpr int lanes = 1;
  // Shared memory; where a host runs this shape, its level 0 has only half of a device's 64 KiB.
  static constexpr int scratch_level = space_is_host ? 1 : 0;
  static constexpr int team_size = 128;
  static constexpr int vector_length = 1;
  static constexpr int row_packs = 4;
  static constexpr int block_columns = 8;
  static constexpr int dot_strands = 32, dot_words = 4, dot_rows = 1;
};

using SpaceShape = std::conditional_t<space_is_host, HostShape, DeviceShape>;

/// Threads of a team that this machine can run: a host has no more than cores.
inline int team_size_here(int wanted) {
  return space_is_host ? std::min(wanted, Space().concurrency()) : wanted;
}

/// A host hands teams out one by one, so that a thread that is held up leaves the rest to the
/// others.
using TeamSchedule =
    Kokkos::Schedule<std::conditional_t<space_is_host, Kokkos::Dynamic, Kokkos::Static>>;
using ShapedTeams = Kokkos::TeamPolicy<Space, TeamSchedule>;
using ShapedTeam = ShapedTeams::member_type;

/// `league` teams of the shape's size and vector length, each with `scratch_bytes`.
template <class Shape>
ShapedTeams teams_of(std::int64_t league, int team_size, int vector_length,
                     std::size_t scratch_bytes) {
  ShapedTeams policy(static_cast<int>(league), team_size_here(team_size),
                     space_is_host ? 1 : vector_length);
  policy.set_chunk_size(1);
  if (scratch_bytes > 0) {
    policy.set_scratch_size(int{Shape::scratch_level},
                            Kokkos::PerTeam(static_cast<int>(scratch_bytes)));
  }
  return policy;
}

/// Adds to a counter that the threads of a team share and returns what it was.
template <class Shape, class Count>
KOKKOS_FORCEINLINE_FUNCTION Count fetch_add(Count* counter, Count some) {
  if constexpr (Shape::team_size * Shape::vector_length == 1) {
    const Count before = *counter;
    *counter = before + some;
    return before;
  } else {
    return Kokkos::atomic_fetch_add(counter, some);
  }
}

/// Puts a number in place of one that the threads of a team share, and returns that.
template <class Shape, class Count>
KOKKOS_FORCEINLINE_FUNCTION Count fetch_exchange(Count* shared, Count other) {
  if constexpr (Shape::team_size * Shape::vector_length == 1) {
    const Count before = *shared;
    *shared = other;
    return before;
  } else {
    return Kokkos::atomic_exchange(shared, other);
  }
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
