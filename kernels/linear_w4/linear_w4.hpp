// linear_w4: the projections of the model with four-bit weights.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/four_bit_fill.hpp"
#include "harness/core/registry.hpp"
#include "kernels/linear/linear.hpp"

namespace kernelgate {

/// y[t,o] = sum over i of V[code[o,i]] scale[o,i / block] x[t,i]                  (spec 7.3, 3.1)
/// V: the 16 values of the format. x [tokens,in]; codes [out,in/2], two per byte (mxfp4: the even
/// element in the low half; nf4: in the high half); scales [out,in/block], for mxfp4 a byte e
/// meaning 2^(e-127), or NaN for 255, for nf4 f32; y [tokens,out]; row-major. f32 accumulation.
struct LinearW4Case {
  static constexpr std::string_view kernel = "linear_w4";

  std::int64_t tokens = 1;
  std::int64_t out = 2048;
  std::int64_t in = 2048;
  FourBitFormat format = FourBitFormat::mxfp4;
  std::int64_t block = 32;
  ScalePattern scales = ScalePattern::plain;
  LinearOutput output = LinearOutput::same;
  Dtype type = Dtype::f32;  // of x

  static const Axes<LinearW4Case>& axes();
  /// Throws BadInput for a block size that the format does not have and for an `in` that is not a
  /// whole number of blocks: neither format has a shorter block, and a file's last block could not
  /// be distinguished.
  void validate() const { layout().check(in); }
  FourBitLayout layout() const { return {format, block}; }
  Dtype output_type() const { return output == LinearOutput::f32 ? Dtype::f32 : type; }
  /// x, codes and scales are read once, y is written once; 2 flops per multiply-add, none for the
  /// decoding.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  bool operator==(const LinearW4Case&) const = default;
};

}  // namespace kernelgate
