// Shapes of execution spaces: lanes, tiles, team sizes and scratch as data. They are the only
// difference between a host and a device that a portable kernel sees. A shape is a type, so a
// kernel with the device's shape also runs on a host, where the suites judge it.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
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
  static constexpr int max_registers = 0;
  // Matrix products (team_product.hpp): a block of sums, row_packs packs by block_columns, is in
  // registers; between steps of tile_depth terms sums rest in scratch.
  static constexpr int row_packs = 2;
  static constexpr int block_columns = native_lanes == 16 ? 12 : 6;
  static constexpr int tile_rows = 16 * native_lanes, tile_columns = 16 * block_columns;
  static constexpr int tile_depth = 256;
  static constexpr bool sums_in_registers = false;
  // Row dots (row_dots.hpp): vector lanes that share a row, 32-bit words that each reads at a time,
  // rows that a thread takes at a time, rows and threads of a team.
  static constexpr int dot_strands = 1, dot_words = native_lanes, dot_rows = 8;
  static constexpr int four_bit_words = native_lanes, four_bit_rows = 4;
  static constexpr int dot_team_rows = 32, dot_team_size = 1;
  static constexpr int dot_vectors = 4;  // that pass a row together, each with a sum in registers
  static constexpr int group_team_size = 1;  // of one team that sorts tokens by expert
};

/// Many threads with few registers each, and shared memory.
struct DeviceShape {
  static constexpr bool is_host = false;
  static constexpr int lanes = 1;
  // Shared memory; where a host runs this shape, its level 0 has only half of a device's 64 KiB.
  static constexpr int scratch_level = space_is_host ? 1 : 0;
  static constexpr int team_size = 128;
  static constexpr int vector_length = 1;
  // Most 32-bit registers of a thread; 0: the compiler decides. For CUDA alone: clang weighs
  // occupancy by itself. A kernel whose functors spill under it, or need fewer, states its own.
  static constexpr int max_registers = 64;
  static constexpr int row_packs = 4;
  static constexpr int block_columns = 8;
  static constexpr int tile_rows = 64, tile_columns = 64, tile_depth = 32;
  static constexpr bool sums_in_registers = true;  // each thread keeps its block for all steps
  static constexpr int dot_strands = 32, dot_words = 4, dot_rows = 1;
  static constexpr int four_bit_words = 1, four_bit_rows = 1;
  static constexpr int dot_team_rows = 8, dot_team_size = 4;
  static constexpr int dot_vectors = 2;
  static constexpr int group_team_size = 16;
};

using SpaceShape = std::conditional_t<space_is_host, HostShape, DeviceShape>;

/// A shape with teams of its own, and on a device with its own limit of registers.
template <class Shape, int team, int vector, int registers = Shape::max_registers>
struct TeamShape : Shape {
  static constexpr int team_size = team, vector_length = vector;
  static constexpr int max_registers = Shape::is_host ? 0 : registers;
};

/// Pieces of `piece` that cover `extent`; the last one may be shorter.
inline std::int64_t pieces(std::int64_t extent, std::int64_t piece) {
  return (extent + piece - 1) / piece;
}

/// Threads of a team that this machine can run: a host has no more than cores.
inline int team_size_here(int wanted) {
  return space_is_host ? std::min(wanted, Space().concurrency()) : wanted;
}

/// A host hands teams out one by one, so that a thread that is held up leaves the rest to the
/// others.
using TeamSchedule =
    Kokkos::Schedule<std::conditional_t<space_is_host, Kokkos::Dynamic, Kokkos::Static>>;
using ShapedTeam = Kokkos::TeamPolicy<Space, TeamSchedule>::member_type;

#ifdef KOKKOS_ENABLE_CUDA
inline constexpr bool bounds_registers = true;
#else
inline constexpr bool bounds_registers = false;
#endif

/// Launch bounds (threads of a block, blocks of an SM) under which the 65,536 registers of an SM
/// leave each thread at most Shape::max_registers.
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

/// Shared memory that a block may have on every device: AMD's have no more.
inline constexpr std::size_t device_shared_bytes = 64 * 1024;

/// Allocations of scratch may be aligned to this. On devices Kokkos' own words come first, so that
/// the first allocation may lose as much.
inline constexpr std::size_t scratch_alignment = 64;

/// Most scratch that a team of a device may ask for. Of the same memory Kokkos takes a double for
/// each thread and two more, and up to 64 bytes of its own.
constexpr std::size_t max_device_scratch(int team_size) {
  return device_shared_bytes - sizeof(double) * (static_cast<std::size_t>(team_size) + 2) - 64 -
         scratch_alignment;
}

/// Why a team of the shape cannot have so much scratch; nothing when it can.
template <class Shape>
std::optional<std::string> too_much_scratch(std::size_t bytes, int threads) {
  if (Shape::is_host || bytes <= max_device_scratch(threads)) return std::nullopt;
  return "needs " + std::to_string(bytes) + " B of scratch for a team, devices have " +
         std::to_string(max_device_scratch(threads)) + " B";
}

/// `league` teams as Shape states them, each with `scratch_bytes`. `team_size` may be smaller than
/// the shape's. With the shape of a device it throws std::length_error for more scratch than
/// max_device_scratch and for teams over the launch bounds, on hosts too, so that the suites find a
/// case that no device can run.
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
