// One draw by the scalar chain of spec 7.1, and whether rounding could have drawn another token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reference/rsa/engine.hpp"

namespace kernelgate::rsa {

/// `logit_error`: how far each logit may lie from the one that another engine has; 0: the logits
/// are what everyone has, and only the arithmetic of an f32 sampler is in doubt. `thin` is set
/// where an honest f32 sampler with logits inside that error may draw another token.
SampledToken draw(std::span<const float> logits, const SampleRequest& request,
                  double logit_error = 0);

/// What draw() sets `thin` to, for who has the token from elsewhere.
bool is_thin(std::span<const float> logits, const SampleRequest& request, double logit_error = 0);

/// Most bytes that draw() or is_thin() holds per id of the vocabulary: in the scalar chain a logit,
/// a probability and a score with their bounds, and an order of the ids, beside the chain in f64.
inline constexpr std::int64_t draw_bytes_per_id = 100;

/// Ids that such a sampler may draw, the drawn one among them; -1 alone where nothing is allowed.
std::vector<std::int64_t> honest_draws(std::span<const float> logits, const SampleRequest& request,
                                       double logit_error = 0);

}  // namespace kernelgate::rsa
