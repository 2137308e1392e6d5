// conv_mixing: computes attention's Q, K and V from raw projections and updates the state of each
// sequence: both convolutions, the q-k means, the L2 norm, the temperature, RoPE and the value
// delay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// How the rows of `qkv` map to sequences.
enum class ConvForm {
  prefill,  // one sequence from its start: the state is only written
  chunk,    // continuation of one sequence: row 0 continues the state of slot[0]
  decode,   // a batch: one token of each of `tokens` sequences, row r in slot[r]; -1 is padding
};

/// Stage at which Q and K are checked: finished, or y + means before the norm (exact in integers).
enum class ConvStage { mixed, conv };

/// Real data: pseudo-normal; heads of tiny norm, which expose the norm's guard; or zero heads.
enum class ConvInputs { bell, small, zeros };

/// u_t = [q_t ; k_t], C = (heads + kv) d, group = one head of d channels, L = kv d / 2
/// D_t[c]   = w[c,0] u_{t-1}[c] + w[c,1] u_t[c] + b[c]                            (spec 3.2)
/// y_t[g,o] = beta[g,o] + sum_j G[g,o,j,0] D_{t-1}[g,j] + G[g,o,j,1] D_t[g,j]
/// Q[n] = y[n] + (q[n] + k[n kv / heads]) / 2,   K[j] = y[heads + j] + (mean_n q[n] + k[j]) / 2
/// x <- x sqrt(d) / sqrt(|x|^2 + 1e-12) for each head x; K[j] <- K[j] tau[j]
/// RoPE on dims 0..rotary-1 rotates pairs (x, x + rotary/2) by f32(position)
/// f32(theta^(-2x/rotary)),
/// that product rounded to f32; cos and sin of this f32 angle within 2 ulp        (spec 3.4)
/// V_t = [v_cur_t ; v_del_{t-1}] viewed as [kv,d]                                (spec 3.3)
/// Before the first token u and v_del are 0 (so D_{-1} = b). The new state is u of the last
/// two tokens and v_del of the last; every read of a slot comes before its write (spec 3.6)
///
/// qkv [tokens, C + kv d]: a row contains q, k, v_cur, v_del in the order of the fused projection.
/// depthwise [C,2], depthwise_bias [C], grouped [C,d,2] (out channel, in channel of its group, tap;
/// tap 0 is the older token), grouped_bias [C], temperature [kv]; position i32 [tokens];
/// slot i32 [sequences]; conv_state f32 [slots,C,2] (older first); lag_state f32 [slots,L];
/// Q [tokens,heads,d], K and V [tokens,kv,d]. A padding row produces zeros and changes no state.
struct ConvMixingCase {
  static constexpr std::string_view kernel = "conv_mixing";

  std::int64_t tokens = 1;
  std::int64_t heads = 8;
  std::int64_t kv_heads = 2;
  std::int64_t head_dim = 128;
  std::int64_t rotary = 64;
  std::int64_t theta = 5'000'000;
  std::int64_t position = 0;  // of row 0; later tokens follow; decode positions range below it
  ConvForm form = ConvForm::prefill;
  ConvStage stage = ConvStage::mixed;
  ConvInputs inputs = ConvInputs::bell;
  Dtype type = Dtype::f32;  // of qkv, weights, Q, K and V

  static const Axes<ConvMixingCase>& axes();
  /// Throws BadInput with the names of the conflicting axes.
  void validate() const;
  /// Inputs, weights and live state rows are read once; Q, K, V and live state rows are written
  /// once.
  /// Flops per live row: depthwise 4 C, grouped 4 d C, means, norm, temperature and RoPE 12 C.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  std::optional<std::string> exact_not_applicable() const;
  bool operator==(const ConvMixingCase&) const = default;

  std::int64_t groups() const { return heads + kv_heads; }
  std::int64_t channels() const { return groups() * head_dim; }
  std::int64_t lag_width() const { return kv_heads * head_dim / 2; }
  std::int64_t row_width() const { return channels() + 2 * lag_width(); }
  std::int64_t sequences() const { return form == ConvForm::decode ? tokens : 1; }
  /// Prefill has one slot; the other forms add an unused slot before and after those in use.
  std::int64_t slots() const { return form == ConvForm::prefill ? 1 : sequences() + 2; }
  /// Slots are assigned in reverse row order; every fifth row of a decode batch is padding.
  std::int64_t slot_of(std::int64_t sequence) const;
  std::int64_t live_rows() const;
};

}  // namespace kernelgate
