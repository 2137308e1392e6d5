#include "reference/state.hpp"

#include <string>
#include <utility>

#include "harness/core/error.hpp"
#include "reference/safetensors.hpp"

namespace kernelgate::reference {

namespace {

constexpr std::int64_t kept_rows = 2;  // a token's conv reads the two before it
constexpr std::int64_t max_state_length = std::int64_t{1} << 40;

std::size_t count(std::int64_t rows, std::int64_t width) {
  return static_cast<std::size_t>(rows * width);
}

void keep_last(std::vector<double>& matrix, std::size_t numbers) {
  matrix.erase(matrix.begin(), matrix.end() - static_cast<std::ptrdiff_t>(numbers));
}

/// Visits the parts of one block, with their names and row widths; used for saving and loading.
template <class Block, class Action>
void each_part(Block& block, const SequenceState& s, const ModelConfig& c, const Action& action) {
  action("u", block.u, s.rows, c.channels());
  action("lag", block.lag, s.rows, c.lag_width());
  action("keys", block.keys, s.length, c.kv_size());
  action("values", block.values, s.length, c.kv_size());
}

std::string part_name(std::size_t slot, std::size_t block, const char* part) {
  return "slot." + std::to_string(slot) + ".block." + std::to_string(block) + "." + part;
}

Values take(const TensorMap& map, const std::string& name, Dtype type,
            const std::vector<std::int64_t>& shape, const std::string& file) {
  const auto found = map.tensors.find(name);
  if (found == map.tensors.end()) throw BadInput(file + ": expected a tensor '" + name + "'");
  if (found->second.shape != shape || found->second.values.type() != type) {
    throw BadInput(file + ": tensor '" + name + "': shape or type does not fit this model's state");
  }
  return found->second.values;
}

}  // namespace

SequenceState::SequenceState(const ModelConfig& c) : blocks(c.blocks.size()) {
  for (BlockState& b : blocks) {
    b.u.resize(count(kept_rows, c.channels()));
    b.lag.resize(count(kept_rows, c.lag_width()));
  }
}

void SequenceState::truncate(std::int64_t to, const ModelConfig& c) {
  const std::int64_t least = length - (rows - kept_rows);
  if (to < least || to > length) {
    throw BadInput("state: expected a length from " + std::to_string(least) + " to " +
                   std::to_string(length) + " (the last chunk can be rejected), got " +
                   std::to_string(to));
  }
  rows -= length - to;
  length = to;
  for (BlockState& b : blocks) {
    b.u.resize(count(rows, c.channels()));
    b.lag.resize(count(rows, c.lag_width()));
    b.keys.resize(count(length, c.kv_size()));
    b.values.resize(count(length, c.kv_size()));
  }
}

void SequenceState::forget_history(const ModelConfig& c) {
  rows = kept_rows;
  for (BlockState& b : blocks) {
    keep_last(b.u, count(rows, c.channels()));
    keep_last(b.lag, count(rows, c.lag_width()));
  }
}

void save_state(const std::filesystem::path& file, const State& state, const ModelConfig& c) {
  TensorMap map;
  std::vector<std::int64_t> sizes;  // length and rows of every slot
  for (std::size_t slot = 0; slot < state.slots.size(); ++slot) {
    const SequenceState& s = state.slots[slot];
    sizes.insert(sizes.end(), {s.length, s.rows});
    for (std::size_t i = 0; i < s.blocks.size(); ++i) {
      each_part(s.blocks[i], s, c,
                [&](const char* part, const std::vector<double>& numbers, std::int64_t rows,
                    std::int64_t width) {
                  map.tensors[part_name(slot, i, part)] = {{rows, width}, Values(numbers)};
                });
    }
  }
  const auto slots = static_cast<std::int64_t>(state.slots.size());
  map.tensors["sizes"] = {{slots, 2}, Values(sizes)};
  write_safetensors(file, map);
}

State load_state(const std::filesystem::path& file, const ModelConfig& c) {
  const TensorMap map = read_safetensors(file);
  const std::string name = file.string();
  const auto sizes_at = map.tensors.find("sizes");
  const std::int64_t slots = sizes_at == map.tensors.end() || sizes_at->second.shape.empty()
                                 ? 0
                                 : sizes_at->second.shape[0];
  const Values sizes = take(map, "sizes", Dtype::i64, {slots, 2}, name);
  const auto parts = static_cast<std::int64_t>(map.tensors.size()) - 1;
  if (parts != slots * c.num_blocks() * 4) {
    throw BadInput(name + ": expected 4 tensors for each of " + std::to_string(slots) +
                   " slots and " + std::to_string(c.num_blocks()) + " blocks, got " +
                   std::to_string(parts));
  }
  State state;
  for (std::int64_t slot = 0; slot < slots; ++slot) {
    SequenceState s(c);
    s.length = static_cast<std::int64_t>(sizes[2 * slot]);
    s.rows = static_cast<std::int64_t>(sizes[2 * slot + 1]);
    if (s.length < 0 || s.length > max_state_length || s.rows < kept_rows ||
        s.rows - kept_rows > s.length) {
      throw BadInput(name +
                     ": tensor 'sizes': expected lengths and history rows that fit together");
    }
    for (std::size_t i = 0; i < s.blocks.size(); ++i) {
      each_part(s.blocks[i], s, c,
                [&](const char* part, std::vector<double>& numbers_of, std::int64_t rows,
                    std::int64_t width) {
                  const std::string tensor = part_name(static_cast<std::size_t>(slot), i, part);
                  numbers_of = numbers<double>(take(map, tensor, Dtype::f64, {rows, width}, name));
                });
    }
    state.slots.push_back(std::move(s));
  }
  return state;
}

}  // namespace kernelgate::reference
