// What the race rules remember of a dword, or of a byte where threads touch parts of a dword.
#pragma once

#include <cstdint>

#include "harness/checker/finding.hpp"

namespace kernelgate {

/// One access, or a set of accesses that have no order among them and need none: reads, or atomics.
struct Trace {
  static constexpr std::uint8_t atomic = 1;
  static constexpr std::uint8_t narrow = 2;      // an atomic of block scope is among them
  static constexpr std::uint8_t many_lanes = 4;  // several lanes of one wave
  static constexpr std::uint8_t many_waves = 8;  // several waves of one block
  static constexpr std::uint8_t many_blocks = 16;
  static constexpr std::uint8_t many = many_lanes | many_waves | many_blocks;
  // Of a cell's write alone:
  static constexpr std::uint8_t split = 32;          // the byte cells hold the truth
  static constexpr std::uint8_t writers_lanes = 64;  // the cell's lanes are those of the writes
  static constexpr std::uint8_t all_but_writers_lanes = 191;
  // Of a cell's read alone: it is the plain write from before the atomics that `write` holds.
  static constexpr std::uint8_t wrote = 128;

  std::uint32_t stamp = 0;  // time of the thread's last synchronisation; of a set, the latest
  Place place = no_place;
  std::uint16_t who = 0;  // slot of the block * 1024 + thread, of the last one
  std::uint8_t flags = 0;
  std::uint8_t act = 0;  // which atomic it was, for the words
};

/// Which of a cell's two traces.
enum class Side : std::uint8_t { writes, reads };

/// The last write, or the atomics since then, and the reads since then. Atomics have no order among
/// themselves, so that none of them stands for the plain access before it: that stays beside them.
struct Cell {
  Trace write;
  Trace read;
  // Which lanes, where a set is of many_lanes: the reads, or the writes. Of reads of many blocks:
  // the first one's stamp, and below it a bit for each block by its run modulo 32.
  std::uint64_t lanes = 0;
};

}  // namespace kernelgate
