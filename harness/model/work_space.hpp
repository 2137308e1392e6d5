// The buffers between the operations of a forward pass, as one table: name, shape and type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "harness/core/dtype.hpp"
#include "harness/model/bytes.hpp"
#include "harness/model/page_memory.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

/// One matrix [rows, width] of the work space; work_space.cpp lists widths and types.
enum class Buffer {
  hidden,
  normed,
  residual,
  q,
  k,
  v_current,
  v_delayed,
  qkv,
  mixed_q,
  mixed_k,
  mixed_v,
  heads,
  gathered,
  router_even,  // router state after an even block
  router_odd,
  probabilities,
  probability,
  choice,
  position,
  slot,
  valid,
  stage_keys,
  stage_values,
  head_input,
  logits,
  slot_choice,
  round_output,
};
inline constexpr std::size_t buffer_count = static_cast<std::size_t>(Buffer::round_output) + 1;

class WorkSpace {
 public:
  /// `type` is the type of the model's activations.
  WorkSpace(const reference::ModelConfig& config, Dtype type);

  /// Makes the buffers of a piece large enough for its tokens and for a batch of all slots of the
  /// store. Throws NoAddressSpace, as reserve() does.
  void reserve_piece(std::int64_t tokens, std::int64_t slots);
  /// Makes one buffer large enough for `rows` and returns it. A buffer that grows loses its
  /// content.
  std::byte* reserve(Buffer buffer, std::int64_t rows);

  std::byte* operator[](Buffer buffer) { return memory_[static_cast<std::size_t>(buffer)].data(); }
  /// A buffer of type f32 or i32 as numbers.
  float* floats(Buffer buffer) { return as<float>((*this)[buffer]); }
  std::int32_t* ints(Buffer buffer) { return as<std::int32_t>((*this)[buffer]); }

 private:
  std::array<std::int64_t, buffer_count> row_bytes_;
  std::array<PageMemory, buffer_count> memory_;
};

}  // namespace kernelgate::model
