// bias_balance: after a training step, the router's balancing biases move against the load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// How the choices of the batch fall on the experts.
enum class LoadPattern {
  skewed,   // expert e about in proportion to e + 1, skip now and then
  even,     // round robin over the real experts: excess 0 when tokens divide
  one,      // all on expert 0: the others starve
  skipped,  // all skip: no real expert has load
};

/// What the kernel is given.
enum class LoadInput {
  choices,  // the router's choice of every token; the kernel counts
  counts,   // tokens of each of the experts and of skip, already summed over the ranks
};

/// c_e = tokens that chose e;  g_e = c_e / tokens - 1/E   for the real experts e < E    (spec 4.3)
/// m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
/// bias <- bias - rate ( m / (1 - b1^step) / (sqrt(v / (1 - b2^step)) + eps) + decay bias )
///
/// choice i32 [tokens] of 0..E, E = skip (input=choices), count i64 [E+1] (an input for
/// input=counts, else an output); bias, first m, second v f32 [E+1]. Entry E, the skip expert,
/// stays as it is in all three. PROPOSED constants, as the model's own are not published: rate
/// 1e-3, b1 0.9, b2 0.95, eps 1e-8; decay in units of 2^-10.
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
  /// Choices or counts read once, counts written when counted here, three vectors read and written.
  /// Flops: one addition a choice, 16 an expert.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  Truth truth(const TensorSet& before, DataMode mode, std::uint64_t seed) const;
  std::optional<std::string> exact_not_applicable() const;
  bool operator==(const BiasBalanceCase&) const = default;

  double weight_decay() const { return static_cast<double>(decay) / 1024; }
};

}  // namespace kernelgate
