// Parsers of the two public layouts of config.json, and their common limits.
#pragma once

#include "reference/config.hpp"
#include "reference/json_fields.hpp"

namespace kernelgate::reference {

inline constexpr std::int64_t max_width = std::int64_t{1} << 20;
inline constexpr std::int64_t max_heads = 4096;
inline constexpr std::int64_t max_layers = 4096;
inline constexpr std::int64_t max_vocabulary = std::int64_t{1} << 27;
inline constexpr std::int64_t most_positions = std::int64_t{1} << 40;

/// Native layout: blocks of attention and MoE; rope_parameters per layer type.
ModelConfig native_config(const JsonFields& json, Notices& notices);
/// Legacy layout: half-layers, even ones attention, odd ones MoE (spec 1.2), with or without
/// per-layer lists.
ModelConfig legacy_config(const JsonFields& json, Notices& notices);

/// head_dim times the factor, truncated as the model's authors do.
std::int64_t rotary_dims(std::int64_t head_dim, double factor);

/// Rejects a rope_scaling that scales: this model has none in either layout, and transformers would
/// apply it.
void refuse_rope_scaling(const JsonFields& json);

/// The type that the file states for its tensors, such as "bfloat16"; empty if it states none.
std::string stated_type(const JsonFields& json, Notices& notices);

/// Rejects features that this model has never had: other conv widths, biases, activations, more
/// than one expert per token, a temperature that is not linear.
void refuse_other_architectures(const JsonFields& json);

}  // namespace kernelgate::reference
