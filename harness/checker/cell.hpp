// State that the race rules keep per dword, or per byte where threads access parts of a dword.
#pragma once

#include <cstdint>

#include "harness/checker/finding.hpp"

namespace kernelgate {

/// One access, or a set of accesses that are unordered and need no order: reads, or atomics.
struct Trace {
  static constexpr std::uint8_t atomic = 1;
  static constexpr std::uint8_t narrow = 2;      // the set contains an atomic of block scope
  static constexpr std::uint8_t many_lanes = 4;  // several lanes of one wave
  static constexpr std::uint8_t many_waves = 8;  // several waves of one block
  static constexpr std::uint8_t many_blocks = 16;
  static constexpr std::uint8_t many = many_lanes | many_waves | many_blocks;
  // Only in a cell's write:
  static constexpr std::uint8_t split = 32;          // the byte cells have the state
  static constexpr std::uint8_t writers_lanes = 64;  // the cell's lanes belong to the write
  static constexpr std::uint8_t all_but_writers_lanes = 191;
  // Only in a cell's read: the read is the plain write that preceded the atomics in `write`.
  static constexpr std::uint8_t wrote = 128;

  std::uint32_t stamp = 0;  // time of the thread's last synchronisation; in a set, the latest
  Place place = no_place;
  std::uint16_t who = 0;  // slot of the block * 1024 + thread; in a set, the last one
  std::uint8_t flags = 0;
  std::uint8_t act = 0;  // the AtomicAct, for messages
};

/// Selects one of a cell's two traces.
enum class Side : std::uint8_t { writes, reads };

/// The last write (or the atomics since then) and the reads since then. Atomics are unordered among
/// themselves, so none of them replaces the plain access before it; that access is kept as well.
struct Cell {
  Trace write;
  Trace read;
  // Lane mask of a set with many_lanes, of the reads or of the write. For reads from many blocks:
  // the first one's stamp in the upper 32 bits, and below it one bit per block, at its run modulo
  // 32.
  std::uint64_t lanes = 0;
};

}  // namespace kernelgate
