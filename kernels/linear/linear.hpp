// linear: the projections of the model (q, k, v, o, LM head).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// Element type of y: that of x and W, or f32 (the LM head: spec 2.2, "f32 out").
enum class LinearOutput { same, f32 };

/// y[t,o] = sum over i of W[o,i] x[t,i]                                        (spec 2.1, 3.1)
/// x [tokens,in], W [out,in] as a checkpoint stores it, y [tokens,out]; row-major. f32
/// accumulation.
struct LinearCase {
  static constexpr std::string_view kernel = "linear";

  std::int64_t tokens = 1;
  std::int64_t out = 2048;
  std::int64_t in = 2048;
  LinearOutput output = LinearOutput::same;
  Dtype type = Dtype::f32;  // of x and W

  static const Axes<LinearCase>& axes();
  Dtype output_type() const { return output == LinearOutput::f32 ? Dtype::f32 : type; }
  /// x and W are read once, y is written once; 2 flops per multiply-add.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  bool operator==(const LinearCase&) const = default;
};

}  // namespace kernelgate
