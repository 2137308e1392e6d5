// Draws one token by the scalar chain of spec 7.1, and detects draws that rounding could change.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reference/rsa/engine.hpp"

namespace kernelgate::rsa {

/// `logit_error`: maximum difference of each logit from another engine's; 0: the logits are exact,
/// and only the arithmetic of an f32 sampler may differ. `thin` is set if a correctly implemented
/// f32 sampler with logits within that error may draw another token.
SampledToken draw(std::span<const float> logits, const SampleRequest& request,
                  double logit_error = 0);

/// The value of `thin` that draw() would set, for a token drawn elsewhere.
bool is_thin(std::span<const float> logits, const SampleRequest& request, double logit_error = 0);

/// Maximum bytes that draw() or is_thin() allocates per vocabulary id: a logit, a probability and a
/// score with their bounds, an order of the ids, and the chain in f64.
inline constexpr std::int64_t draw_bytes_per_id = 100;

/// Ids that such a sampler may draw, including the drawn one; only -1 if no id is allowed.
std::vector<std::int64_t> honest_draws(std::span<const float> logits, const SampleRequest& request,
                                       double logit_error = 0);

}  // namespace kernelgate::rsa
