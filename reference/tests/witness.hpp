// A second, independent model in one file: whole sequences, matrices of rows, no state. Unmodified
// it must give the same logits. With a seeded bug that a real port had, it shows how far the logits
// change (specification, appendix B).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reference/config.hpp"
#include "reference/weights.hpp"

namespace kernelgate::reference {

enum class Mutation {
  none,
  zero_pad_between_convs,
  depthwise_bias_missing,
  depthwise_taps_swapped,
  grouped_taps_swapped,
  grouped_transposed,
  no_qk_mean,
  gqa_modulo,
  no_value_shift,
  value_halves_per_head,
  value_halves_swapped,
  temperature_exp,
  temperature_ignored,
  no_root_d,
  one_theta,
  rope_exponent_over_d,
  rope_second_half,
  rope_interleaved,
  window_ignored,
  window_plus_one,
  window_minus_one,
  scale_before_bias,
  residual_biases_missing,
  bf16_residual,
  no_eda,
  scalar_eda,
  eda_not_accumulated,
  eda_post_norm,
  tanh_gelu,
  balancing_ignored,
  balancing_on_logits,
  skip_dropped,
  biased_weight,
  unit_weight,
  gate_up_swapped,
  skip_identity,
  // Visible only when tokens after `decode_from` are fed one by one.
  decode_conv_zeroed,
  decode_columns_swapped,
  decode_shift_before_read,
  decode_lag_zeroed,
  decode_conv_bf16
};

using Row = std::vector<double>;
using Matrix = std::vector<Row>;

class Witness {
 public:
  Witness(const ModelConfig& config, const TensorMap& tensors);

  /// Logits of every token. Tokens from `decode_from` on are fed one by one.
  Matrix logits(const std::vector<std::int32_t>& ids, Mutation mutation,
                std::size_t decode_from = 1000) const;

 private:
  struct Pass;
  const Row& w(const std::string& name) const { return weights_.at(name); }
  Row times(const std::string& weight, const Row& x) const;
  Row norm(const Row& x, const std::string& weight) const;
  Matrix attention(const Pass& pass, std::size_t block, const Matrix& h) const;
  Matrix mixed_qk(const Pass& pass, std::size_t block, const Matrix& u) const;
  Matrix mixed_values(const Pass& pass, std::size_t block, const Matrix& h) const;
  void rotate(const Pass& pass, std::size_t block, double position, double* head) const;
  Row moe(const Pass& pass, std::size_t block, const Row& h, Row& router_state) const;
  void merge(const Pass& pass, const std::string& prefix, const Matrix& hidden, Matrix& r) const;

  ModelConfig c_;
  std::map<std::string, Row> weights_;
};

}  // namespace kernelgate::reference
