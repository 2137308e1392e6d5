// router: selects the expert of each token and its weight.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// Whether the block adds its predecessor's router state (all blocks but the first do).
enum class RouterEda { off, on };

/// One token of one block (spec 4.1):
///   s = W_d h + b_d (+ gamma * s_prev);  z = s g / sqrt(mean(s^2) + 1e-5)
///   z <- gelu(W_1 z + b_1);  z <- gelu(W_2 z + b_2);  p = softmax(W_3 z)
///   choice = argmax_j (p_j + bias_j), lowest j on a tie;  probability = p_choice
/// gelu x = x (1 + erf(x / sqrt 2)) / 2. Entry E is the skip expert.
/// h [tokens,H], W_d [R,H], W_1 and W_2 [R,R], W_3 [E+1,R] and their vectors in the storage type;
/// s_prev, s [tokens,R], p [tokens,E+1], bias [E+1] and probability [tokens] f32; choice i32.
/// Everything is f32 from h on; the choice is made on the written p.
struct RouterCase {
  static constexpr std::string_view kernel = "router";

  std::int64_t tokens = 1;
  std::int64_t hidden = 2048;
  std::int64_t width = 256;   // R
  std::int64_t experts = 16;  // E, without the skip expert
  RouterEda eda = RouterEda::on;
  Dtype type = Dtype::f32;

  static const Axes<RouterCase>& axes();
  std::int64_t entries() const { return experts + 1; }
  /// Every tensor once; 2 flops per multiply-add of the four products.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  bool operator==(const RouterCase&) const = default;
};

}  // namespace kernelgate
