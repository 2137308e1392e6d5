#include "reference/rsa/draw.hpp"

#include <algorithm>

#include "kernels/sampling/sampling_reference.hpp"

namespace kernelgate::rsa {
namespace {

reference::SamplingParams params_of(const SampleRequest& request) {
  reference::SamplingParams p;
  p.valid = request.sampling.valid;
  p.temperature = request.sampling.temperature;
  p.min_p = request.sampling.min_p;
  p.top_k = request.sampling.top_k;
  p.top_p = request.sampling.top_p;
  p.seed = request.seed;
  p.position = request.position;
  p.rollout = request.rollout;
  p.round = request.round;
  return p;
}

}  // namespace

std::vector<std::int64_t> honest_draws(std::span<const float> logits, const SampleRequest& request,
                                       double logit_error) {
  std::vector<Bounded> inexact;
  inexact.reserve(logits.size());
  for (const float x : logits) inexact.emplace_back(x, logit_error);
  auto sampled = reference::sample_numbers<Bounded>(std::move(inexact), params_of(request));
  if (sampled.token < 0) return {-1};
  return std::move(sampled.acceptable);
}

// The set always contains the scalar chain's own token.
bool is_thin(std::span<const float> logits, const SampleRequest& request, double logit_error) {
  return honest_draws(logits, request, logit_error).size() != 1;
}

SampledToken draw(std::span<const float> logits, const SampleRequest& request, double logit_error) {
  const auto sampled = reference::sample_token<double>(logits, params_of(request));
  SampledToken out;
  out.token = static_cast<std::int32_t>(sampled.token);
  if (out.token < 0) return out;
  const bool greedy = request.sampling.temperature < 1e-5;
  out.probability = greedy ? 1 : sampled.probability[static_cast<std::size_t>(sampled.token)];
  out.thin = is_thin(logits, request, logit_error);
  return out;
}

}  // namespace kernelgate::rsa
