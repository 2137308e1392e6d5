// residual_norm: adds a sub-layer's output to the residual stream and computes the norm for the
// next sub-layer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// Position of the kernel in the model.
enum class ResidualForm {
  first,  // after the embedding: there is no residual yet          (spec 2.1, steps 2 and 3)
  both,   // between sub-layers: the stream is updated in place     (steps 5 and 6, 8 and 3)
  last,   // before the LM head: the stream itself is not stored      (steps 8 and 9)
};

/// Input of the norm: the f32 stream, or the stream rounded to the storage type first.
enum class NormInput { f32, storage };

/// Real data: pseudo-normal; rows whose mean square is near eps; or rows of zeros.
enum class ResidualInputs { bell, small, zeros };

/// r <- (h + hb) hs + (r + rb) rs        (first: r = (h + hb) hs)
/// y = r g / sqrt(mean over the row of r^2 + 1e-5)                                (spec 2.1, 6)
///
/// hidden h [tokens,H]; hidden_scale, hidden_bias, residual_scale, residual_bias, weight g [H];
/// residual r f32 [tokens,H]; y [tokens,H]. All arithmetic is in f32, with one rounding when y is
/// stored. Only norm_input=storage rounds an intermediate, the norm's input, to the storage type.
struct ResidualNormCase {
  static constexpr std::string_view kernel = "residual_norm";
  static constexpr double epsilon = 1e-5;

  std::int64_t tokens = 1;
  std::int64_t hidden = 2048;
  ResidualForm form = ResidualForm::both;
  NormInput norm_input = NormInput::f32;
  ResidualInputs inputs = ResidualInputs::bell;
  Dtype type = Dtype::f32;  // of everything but the stream

  static const Axes<ResidualNormCase>& axes();
  /// Every tensor is read once; outputs are written once. Flops per element: 4 for the scales and 1
  /// for their sum (first: 2), 2 for the square, 2 for the norm.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  bool operator==(const ResidualNormCase&) const = default;

  bool reads_residual() const { return form != ResidualForm::first; }
  bool writes_residual() const { return form != ResidualForm::last; }
};

}  // namespace kernelgate
