// The types to which a model rounds its intermediates (spec 2.2). Sums always accumulate in double;
// only the storage type of results varies. f64 means not rounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/dtype.hpp"
#include "kernels/conv_mixing/conv_mixing_reference.hpp"

namespace kernelgate::reference {

struct Precision {
  Dtype activation = Dtype::f32;  // embeddings, projections, cached K and V, expert stages
  Dtype hidden = Dtype::f32;      // the scaled hidden part of a residual sum
  Dtype residual = Dtype::f32;    // the residual stream
  Dtype norm_input = Dtype::f32;  // the stream as input of a norm
  Dtype normalised = Dtype::f32;  // a norm's result before it is multiplied by its weight
  Dtype conv_state = Dtype::f32;  // u and delayed values carried from chunk to chunk
  Dtype mixing = Dtype::f32;      // conv outputs and q-k means
  Dtype qk_norm = Dtype::f32;
  NormGuard guard = NormGuard::add_to_square;
  double guard_epsilon = 1e-12;
  Dtype angle = Dtype::f32;  // RoPE's position times frequency
  Dtype rotary_table = Dtype::f32;
  Dtype probability = Dtype::f32;  // attention weights after their softmax
  Dtype router = Dtype::f32;
  Dtype router_softmax = Dtype::f32;
  Dtype expert_stage = Dtype::f32;  // each stage inside an expert
  Dtype expert_inner =
      Dtype::f64;  // silu(g) * u between the two products; f64: unchanged from the stage
  Dtype logits = Dtype::f32;
  bool operator==(const Precision&) const = default;

  /// This project's kernels: `storage` between kernels, f32 inside them and in the stream.
  static Precision kernels(Dtype storage);
  /// No rounding, as in the golden vectors.
  static Precision f64();
  /// f32 everywhere: the default of the golden tests.
  static Precision f32();
  /// The named engine's rounding for a model of type `model` (bf16 or f16).
  static Precision hf(Dtype model);
  static Precision vllm(Dtype model);
  static Precision sgl(Dtype model);
};

/// Parses f64, f32, hf-bf16, vllm-f16 and so on. Throws BadInput listing them.
Precision parse_precision(std::string_view text);
std::vector<std::string> precision_names();

}  // namespace kernelgate::reference
