// The state that a batch of sequences carries between forward calls. It is a value: it can be
// copied, saved, restored and truncated.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "harness/core/dtype.hpp"
#include "reference/config.hpp"

namespace kernelgate::reference {

/// One block's state of one sequence. `u` and `lag` contain the rows of the last chunk and of the
/// two tokens before it, oldest first, so that the chunk's tail can be rejected; zeros before the
/// start.
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

  /// Removes all tokens from `length` on, as if they had never been fed. Only tokens of the last
  /// chunk can be removed; otherwise throws BadInput with the allowed range.
  void truncate(std::int64_t length, const ModelConfig& config);
  /// Drops all rows of u and lag except the last two; called before a chunk is added.
  void forget_history(const ModelConfig& config);
};

/// A batch: one sequence per slot.
struct State {
  std::vector<SequenceState> slots;
  bool operator==(const State&) const = default;
};

/// Saves to and loads from a safetensors file, bit for bit. Loading throws BadInput if the file is
/// not a state of a model with this config.
void save_state(const std::filesystem::path& file, const State& state, const ModelConfig& config);
State load_state(const std::filesystem::path& file, const ModelConfig& config);

}  // namespace kernelgate::reference
