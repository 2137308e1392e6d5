// Shapes of execution spaces: lanes, tiles, team sizes and scratch as data. They are the only
// difference between a host and a device for a portable kernel. A shape is a type, so a kernel with
// the device shape also runs on a host, where the suites check it.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "harness/core/pieces.hpp"
#include "kernels/common/kokkos/pack.hpp"
#include "kernels/common/kokkos/staging.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

inline constexpr bool space_is_host =
    std::is_same_v<typename Space::memory_space, Kokkos::HostSpace>;

/// A team is one thread with wide packs, and a second-level cache of about 512 KiB for its working
/// set.
struct HostShape {
  static constexpr bool is_host = true;
  static constexpr int lanes = native_lanes;  // numbers per pack
  static constexpr int scratch_level = 1;     // Kokkos' OpenMP has 32 KiB of level 0
  static constexpr int team_size = 1;
  static constexpr int vector_length = 1;
  static constexpr int max_registers = 0;
  // Matrix products (team_product.hpp): a block of sums, row_packs packs by block_columns, is in
  // registers; between steps of tile_depth terms the sums are kept in scratch.
  static constexpr int row_packs = 2;
  static constexpr int block_columns = native_lanes == 16 ? 12 : 6;
  static constexpr int tile_rows = 16 * native_lanes, tile_columns = 16 * block_columns;
  static constexpr int tile_depth = 256;
  static constexpr bool sums_in_registers = false;
  // Row dots (row_dots.hpp): vector lanes that share a row, 32-bit words per read, rows per thread
  // at a time, rows and threads of a team.
  static constexpr int dot_partials = 1, dot_words = native_lanes, dot_rows = 8;
  static constexpr int four_bit_words = native_lanes, four_bit_rows = 4;
  static constexpr int dot_team_rows = 32, dot_team_size = 1;
  static constexpr int dot_vectors = 4;  // vectors per pass of a row, each with a sum in registers
  static constexpr int group_team_size = 1;  // of the one team that sorts tokens by expert
};

/// Many threads with few registers each, and shared memory.
struct DeviceShape {
  static constexpr bool is_host = false;
  static constexpr int lanes = 1;
  // Shared memory. On a host that runs this shape, level 0 has only half of a device's 64 KiB.
  static constexpr int scratch_level = space_is_host ? 1 : 0;
  static constexpr int team_size = 128;
  static constexpr int vector_length = 1;
  // Maximum number of 32-bit registers per thread; 0: the compiler decides. Only for CUDA, since
  // clang weighs occupancy itself. A kernel sets its own limit where a lower one holds more waves
  // and nothing spills, which may differ between devices (nvidia_arch).
  static constexpr int max_registers = 0;
  static constexpr int row_packs = 4;
  static constexpr int block_columns = 8;
  static constexpr int tile_rows = 64, tile_columns = 64, tile_depth = 32;
  static constexpr bool sums_in_registers = true;  // each thread keeps its block for all steps
  static constexpr int dot_partials = 32, dot_words = 4, dot_rows = 1;
  static constexpr int four_bit_words = 1, four_bit_rows = 1;
  static constexpr int dot_team_rows = 8, dot_team_size = 4;
  static constexpr int dot_vectors = 2;
  static constexpr int group_team_size = 16;
};

using SpaceShape = std::conditional_t<space_is_host, HostShape, DeviceShape>;

/// A shape with its own team sizes, and on a device its own register limit.
template <class Shape, int team, int vector, int registers = Shape::max_registers>
struct TeamShape : Shape {
  static constexpr int team_size = team, vector_length = vector;
  static constexpr int max_registers = Shape::is_host ? 0 : registers;
};

/// Compute capability of the NVIDIA device that this unit is compiled for, times 10; 0 for other
/// devices and hosts.
#ifdef KOKKOS_IMPL_ARCH_NVIDIA_GPU
inline constexpr int nvidia_arch = KOKKOS_IMPL_ARCH_NVIDIA_GPU;
#else
inline constexpr int nvidia_arch = 0;
#endif

/// The number of team threads that this machine can run; on a host at most its concurrency.
inline int team_size_here(int wanted) {
  return space_is_host ? std::min(wanted, Space().concurrency()) : wanted;
}

/// On a host, teams are scheduled dynamically, so that a delayed thread leaves the rest to the
/// others.
using TeamSchedule =
    Kokkos::Schedule<std::conditional_t<space_is_host, Kokkos::Dynamic, Kokkos::Static>>;
using ShapedTeam = Kokkos::TeamPolicy<Space, TeamSchedule>::member_type;

#ifdef KOKKOS_ENABLE_CUDA
inline constexpr bool bounds_registers = true;
#else
inline constexpr bool bounds_registers = false;
#endif

/// Launch bounds (threads per block, blocks per SM) under which the 65,536 registers of an SM leave
/// each thread at most Shape::max_registers.
template <class Shape, bool bounded = (Shape::max_registers > 0)>
struct LaunchBoundsOf {
  static constexpr int threads = 1024;
  using type = Kokkos::LaunchBounds<>;
};
template <class Shape>
struct LaunchBoundsOf<Shape, true> {
  static constexpr int resident = 65536 / Shape::max_registers / 32 * 32;
  static constexpr int blocks = std::max(1, resident / (Shape::team_size * Shape::vector_length));
  static constexpr int threads = resident / blocks / 32 * 32;
  static_assert(Shape::team_size * Shape::vector_length <= threads);
  using type = std::conditional_t<bounds_registers, Kokkos::LaunchBounds<threads, blocks>,
                                  Kokkos::LaunchBounds<>>;
};

template <class Shape>
using ShapedTeams = Kokkos::TeamPolicy<Space, TeamSchedule, typename LaunchBoundsOf<Shape>::type>;

/// Shared memory that a block may use on every device; AMD devices have no more.
inline constexpr std::size_t device_shared_bytes = 64 * 1024;

/// Alignment of scratch allocations. On devices Kokkos' own words come first, so the first
/// allocation may lose up to this many bytes.
inline constexpr std::size_t scratch_alignment = 64;

/// Maximum scratch of a device team. Kokkos takes from the same memory a double per thread and two
/// more, and up to 64 bytes of its own.
constexpr std::size_t max_device_scratch(int team_size) {
  return device_shared_bytes - sizeof(double) * (static_cast<std::size_t>(team_size) + 2) - 64 -
         scratch_alignment;
}

/// The reason why a team of this shape cannot have `bytes` of scratch; nothing if it can.
template <class Shape>
std::optional<std::string> too_much_scratch(std::size_t bytes, int threads) {
  if (Shape::is_host || bytes <= max_device_scratch(threads)) return std::nullopt;
  return "needs " + std::to_string(bytes) + " B of scratch for a team, devices have " +
         std::to_string(max_device_scratch(threads)) + " B";
}

/// A policy of `league` teams of this Shape, each with `scratch_bytes`. `team_size` may be smaller
/// than the shape's. With a device shape it throws std::length_error for more scratch than
/// max_device_scratch and for teams over the launch bounds. It does so on hosts too, so that the
/// suites detect a case that no device can run.
template <class Shape>
ShapedTeams<Shape> teams_of(std::int64_t league, std::size_t scratch_bytes,
                            int team_size = Shape::team_size) {
  constexpr int vector_length = Shape::vector_length;
  if (!Shape::is_host && scratch_bytes > max_device_scratch(team_size)) {
    throw std::length_error("scratch of a team of " + std::to_string(team_size) +
                            " threads: expected at most " +
                            std::to_string(max_device_scratch(team_size)) + " B, got " +
                            std::to_string(scratch_bytes) + " B");
  }
  if (!Shape::is_host && team_size * vector_length > LaunchBoundsOf<Shape>::threads) {
    throw std::length_error("team of " + std::to_string(team_size * vector_length) +
                            " threads: expected at most " +
                            std::to_string(LaunchBoundsOf<Shape>::threads));
  }
  ShapedTeams<Shape> policy(static_cast<int>(league), team_size_here(team_size),
                            space_is_host ? 1 : vector_length);
  policy.set_chunk_size(1);
  if (scratch_bytes > 0) {
    policy.set_scratch_size(int{Shape::scratch_level},
                            Kokkos::PerTeam(static_cast<int>(scratch_bytes + scratch_alignment)));
  }
  return policy;
}

/// Adds to a counter that the threads of a team share and returns the previous value.
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

/// Replaces a number that the threads of a team share and returns the previous value.
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
