// Tensors that `forward` writes: logits and, on request, every layer's stream and router choice.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "reference/model.hpp"
#include "reference/safetensors.hpp"

namespace kernelgate {

/// Collects tensors of one sequence of S tokens. Names: "logits" [S,V] f32; with the observer
/// attached also "stream.input" [S,H], and for block i "layers.{i}.residual" [S,H] f32,
/// "layers.{i}.router_choice" [S] i32 (E is the skip), "layers.{i}.router_weight" [S] f32,
/// "layers.{i}.attention" and "layers.{i}.moe" [S,H] f32.
class ForwardDump final : public reference::Observer {
 public:
  void add_logits(const reference::Logits& logits);
  void on_input(const reference::ChunkPlace& place, std::span<const double> stream) override;
  void on_block(const reference::ChunkPlace& place, std::int64_t block,
                const reference::BlockTrace& trace) override;

  /// The same for a forward pass on kernels, which provides no "attention" and no "moe".
  void add_logits(std::span<const float> logits, std::int64_t tokens);
  void add_input(std::span<const float> stream, std::int64_t tokens);
  void add_block(std::int64_t block, std::span<const float> stream,
                 std::span<const std::int32_t> choice, std::span<const float> weight);

  /// Views of the collected tensors; this object owns the data.
  reference::TensorMap tensors() const;

 private:
  struct Entry {
    std::string name;
    std::int64_t width = 1;  // shape [S] if `vector`, else [S,width]
    bool vector = false;
    std::vector<float> numbers;
    std::vector<std::int32_t> whole_numbers;
  };
  Entry& entry(const std::string& name, std::int64_t width, bool vector);
  template <class N>
  void append(const std::string& name, std::span<const N> rows, std::int64_t tokens);

  std::list<Entry> entries_;  // a list, for stable addresses
};

}  // namespace kernelgate
