// expert_gemm: the routed experts of a block: grouping, grouped SwiGLU, combination, skip expert.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"
#include "kernels/expert_gemm/skip_rule.hpp"

namespace kernelgate {

/// Which experts the tokens chose. A function of the case alone, so that its traffic is known.
enum class RoutingPattern {
  balanced,  // token t goes to expert t mod E
  ragged,    // any of the E experts or skip, by a hash: groups of uneven length
  one,       // all tokens to the last expert
  empty,     // by a hash, but even-numbered experts (0 among them) get none; needs E >= 2
  skip,      // all tokens to the skip expert
};

/// m_t = w_t D_e (silu(G_e h_t) * (U_e h_t)) for the expert e = choice_t, silu(x) = x / (1 +
/// exp(-x)); a token whose choice is E (the skip expert) gets 0, or w_t h_t.     (spec 4.2, 5)
/// h [tokens,hidden]; choice [tokens] i32; weight [tokens] f32; gate_up [E,2I,hidden], rows 0..I-1
/// of an expert are G and rows I..2I-1 U; down [E,hidden,I]; m [tokens,hidden]; all row-major. f32
/// accumulation. silu(g) * u is rounded to the storage type between the two products (unchanged for
/// f32), and m once; the weight multiplies after the down projection.
struct ExpertGemmCase {
  static constexpr std::string_view kernel = "expert_gemm";

  std::int64_t tokens = 1;
  std::int64_t hidden = 2048;
  std::int64_t inter = 2048;
  std::int64_t experts = 16;
  RoutingPattern routing = RoutingPattern::ragged;
  SkipRule skip = SkipRule::zero;
  Dtype type = Dtype::f32;  // of h, gate_up, down and m

  static const Axes<ExpertGemmCase>& axes();
  /// Throws BadInput for skip=drop with routing=skip (a router that drops never gives the skip
  /// expert) and for routing=empty with one expert.
  void validate() const;
  std::vector<std::int32_t> choices() const;
  /// Each read or written once: weights of the experts that some token chose, the tokens' h and m,
  /// choice and weight. A skip token's h is read under skip=identity only. 6 hidden inter flops per
  /// routed token, hidden flops per token that skips by identity.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  bool operator==(const ExpertGemmCase&) const = default;
};

}  // namespace kernelgate
