// What a batch of sequences carries from one forward call to the next: a value, to be copied,
// saved, restored and cut back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "harness/core/dtype.hpp"
#include "reference/config.hpp"

namespace kernelgate::reference {

/// One block's part for one sequence. `u` and `lag` hold the rows of the last chunk and of the two
/// tokens before it, oldest first, so that the chunk's tail can be rejected; zeros before a start.
struct BlockState {
  std::vector<double> u;             // [rows, C] raw projections [q ; k]
  std::vector<double> lag;           // [rows, kv d / 2] delayed value projections
  std::vector<double> keys, values;  // [length, kv, d], keys after RoPE
  bool operator==(const BlockState&) const = default;
};

/// One sequence.
struct SequenceState {
  std::int64_t length = 0;  // real tokens seen
  std::int64_t rows = 2;    // of u and lag in every block
  std::vector<BlockState> blocks;

  explicit SequenceState(const ModelConfig& config);
  bool operator==(const SequenceState&) const = default;

  /// Forgets all tokens from `length` on, as if they had never been fed. Reaches back over the last
  /// chunk only; throws BadInput with the allowed range otherwise.
  void truncate(std::int64_t length, const ModelConfig& config);
  /// Drops rows of u and lag but the last two: called before a chunk is added.
  void forget_history(const ModelConfig& config);
};

/// A batch: sequences by slot.
struct State {
  std::vector<SequenceState> slots;
  bool operator==(const State&) const = default;
};

/// To and from a safetensors file, bit for bit. Reading throws BadInput when the file is not a
/// state of a model of this config.
void save_state(const std::filesystem::path& file, const State& state, const ModelConfig& config);
State load_state(const std::filesystem::path& file, const ModelConfig& config);

}  // namespace kernelgate::reference
