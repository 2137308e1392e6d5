// expert_gemm_w4: the routed experts of a block with four-bit weights.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/four_bit_fill.hpp"
#include "harness/core/registry.hpp"
#include "kernels/expert_gemm/expert_gemm.hpp"

namespace kernelgate {

/// expert_gemm (m_t = w_t D_e (silu(G_e h_t) * (U_e h_t)), e = choice_t) with G, U and D stored as
/// codes and scales (spec 7.3). gate_up_codes [E,2I,hidden/2] and gate_up_scales
/// [E,2I,hidden/block], rows of G before those of U; down_codes [E,hidden,I/2], down_scales
/// [E,hidden,I/block]; codes and scales as in linear_w4; everything else, including where values
/// are rounded, as in expert_gemm.
struct ExpertGemmW4Case {
  static constexpr std::string_view kernel = "expert_gemm_w4";

  std::int64_t tokens = 1;
  std::int64_t hidden = 2048;
  std::int64_t inter = 2048;
  std::int64_t experts = 16;
  FourBitFormat format = FourBitFormat::mxfp4;
  std::int64_t block = 32;
  ScalePattern scales = ScalePattern::plain;
  RoutingPattern routing = RoutingPattern::ragged;
  SkipRule skip = SkipRule::zero;
  Dtype type = Dtype::f32;  // of h and m

  static const Axes<ExpertGemmW4Case>& axes();
  /// The same experts with weights of 16 or 32 bits; the routing does not depend on the weights.
  ExpertGemmCase plain() const { return {tokens, hidden, inter, experts, routing, skip, type}; }
  FourBitLayout layout() const { return {format, block}; }
  /// Throws BadInput for what expert_gemm rejects, for a block size that the format does not have,
  /// and for a hidden or inter that is not a whole number of blocks.
  void validate() const;
  /// Each read or written once: codes and scales of the experts that some token chose, the tokens'
  /// h and m, choice and weight. Flops as in expert_gemm.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  /// With scales=edges, rows of `down` and, if there are several experts, a gate row of the last
  /// one have a NaN scale: the last expert's tokens are NaN throughout, those of the others in some
  /// outputs.
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  static std::optional<std::string> exact_not_applicable();
  bool operator==(const ExpertGemmW4Case&) const = default;
};

}  // namespace kernelgate
