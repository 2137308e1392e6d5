// bias_balance: updates the router's balancing biases against the load after a training step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// Distribution of the batch's choices over the experts.
enum class LoadPattern {
  skewed,   // expert e roughly in proportion to e + 1, skip now and then
  even,     // round robin over the real experts: excess 0 when tokens divide
  one,      // all on expert 0; the others get none
  skipped,  // all skip: no real expert has load
};

/// Input of the kernel.
enum class LoadInput {
  choices,  // the router's choice for every token; the kernel counts
  counts,   // tokens of each expert and of skip, already summed over the ranks
};

/// c_e = tokens that chose e;  g_e = c_e / tokens - 1/E   for the real experts e < E    (spec 4.3)
/// m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
/// bias <- bias - rate ( m / (1 - b1^step) / (sqrt(v / (1 - b2^step)) + eps) + decay bias )
///
/// choice i32 [tokens] of 0..E, E = skip (input=choices), count i64 [E+1] (an input for
/// input=counts, otherwise an output); bias, first m, second v f32 [E+1]. Entry E, the skip expert,
/// is unchanged in all three. PROPOSED constants, as the model's own are not published: rate 1e-3,
/// b1 0.9, b2 0.95, eps 1e-8; decay in units of 2^-10.
struct BiasBalanceCase {
  static constexpr std::string_view kernel = "bias_balance";
  static constexpr double rate = 1e-3;
  static constexpr double beta1 = 0.9;
  static constexpr double beta2 = 0.95;
  static constexpr double epsilon = 1e-8;

  std::int64_t tokens = 4096;
  std::int64_t experts = 16;
  std::int64_t step = 1;
  std::int64_t decay = 0;  // 1024 times the weight decay
  LoadInput input = LoadInput::choices;
  LoadPattern load = LoadPattern::skewed;

  static const Axes<BiasBalanceCase>& axes();
  /// Choices or counts are read once, counts are written if counted here, three vectors are read
  /// and written. Flops: one addition per choice, 16 per expert.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  std::optional<std::string> exact_not_applicable() const;
  bool operator==(const BiasBalanceCase&) const = default;

  double weight_decay() const { return static_cast<double>(decay) / 1024; }
};

}  // namespace kernelgate
