// Generates weights for a model without a checkpoint (spec, appendix A.1): every number is a
// function of its tensor's name and index.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reference/config.hpp"
#include "reference/weights.hpp"

namespace kernelgate::reference {

/// One number: off + scale (m - 2^23) / 2^23 as f32, with m from the hash of the name and the
/// index.
float synthetic_value(std::string_view name, std::int64_t index, double scale, double off);

/// Range of a tensor's numbers: `off` - `scale` to `off` + `scale`.
struct SyntheticRange {
  double scale = 0, off = 0;
};

/// `widened` multiplies a matrix's scale by sqrt(n0 / n), with n its reduction length and n0 that
/// of T0, so that wide models do not saturate. T0 and T1 are not widened.
SyntheticRange synthetic_range(const TensorName& tensor, bool widened);

/// Progress callback: numbers generated so far, and their total.
using Made = std::function<void(std::int64_t done, std::int64_t total)>;

/// Every tensor in `type`: the f32 number, rounded once.
TensorMap synthetic_tensors(const ModelConfig& config, bool widened, Dtype type = Dtype::f32,
                            const Made& made = {});

/// Sizes by name: t0, t1, s340, 8b, 74b.
std::optional<ModelConfig> named_config(std::string_view name);
std::vector<std::string> config_names();
/// The same, but throws BadInput for an unknown name, listing the known ones.
ModelConfig synthetic_config(std::string_view name);

/// A named model with its synthetic weights; only its first `layers` blocks if `layers` is not 0.
/// Throws BadInput for an unknown name, listing the known ones, and for more layers than it has.
struct SyntheticModel {
  ModelConfig config;
  Weights weights;
};
SyntheticModel synthetic_model(std::string_view name, Dtype type = Dtype::f32,
                               std::int64_t layers = 0, const Made& made = {});

}  // namespace kernelgate::reference
