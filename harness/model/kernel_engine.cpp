#include "harness/model/kernel_engine.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/model/bytes.hpp"
#include "reference/rsa/draw.hpp"
#include "reference/rsa/in_parallel.hpp"

namespace kernelgate::model {
namespace {

template <class T>
const std::byte* bytes_of(const std::vector<T>& numbers) {
  return reinterpret_cast<const std::byte*>(numbers.data());
}

}  // namespace

KernelEngine::KernelEngine(KernelModel& model, std::int64_t slots, std::int64_t capacity,
                           double logit_error, std::string words)
    : model_(model),
      store_(model.make_store(slots, capacity)),
      logit_error_(logit_error),
      words_(std::move(words)),
      logits_(size(slots)) {}

void KernelEngine::reset(std::int64_t slot) {
  if (slot < 0 || slot >= slots()) {
    throw BadInput(fmt::format("engine: expected a slot from 0 to {}, got {}", slots() - 1, slot));
  }
  store_.reset(slot);
  logits_[size(slot)].clear();
}

void KernelEngine::feed(std::int64_t slot, std::span<const std::int32_t> ids) {
  const SequenceChunk chunk{slot, ids};
  logits_[size(slot)] = model_.forward({&chunk, 1}, store_, {.every_token = false}).values;
}

void KernelEngine::step(std::span<const rsa::SlotToken> tokens) {
  if (tokens.empty()) return;
  std::vector<SequenceChunk> chunks;
  for (const rsa::SlotToken& t : tokens) chunks.push_back({t.slot, {&t.token, 1}});
  const KernelLogits logits = model_.forward(chunks, store_, {.every_token = false});
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto row = logits.at(static_cast<std::int64_t>(i));
    logits_[size(tokens[i].slot)].assign(row.begin(), row.end());
  }
}

std::span<const float> KernelEngine::logits(std::int64_t slot) {
  const std::vector<float>& of = logits_.at(size(slot));
  if (of.empty()) {
    throw BadInput(fmt::format("engine: slot {} has no logits: nothing was fed to it", slot));
  }
  return of;
}

// Only requests with the same `valid` share a batch: the padding is an axis of the kernel's case.
void KernelEngine::sample(std::span<const rsa::SampleRequest> requests,
                          std::span<rsa::SampledToken> out) {
  for (std::size_t from = 0; from < requests.size();) {
    const std::int64_t valid = requests[from].sampling.valid;
    std::size_t to = from + 1;
    while (to < requests.size() && requests[to].sampling.valid == valid) ++to;
    draw(requests.subspan(from, to - from), valid, out.subspan(from, to - from));
    from = to;
  }
}

void KernelEngine::draw(std::span<const rsa::SampleRequest> requests, std::int64_t valid,
                        std::span<rsa::SampledToken> out) {
  const auto rows = static_cast<std::int64_t>(requests.size());
  const std::int64_t v = vocab_size();
  std::vector<float> rows_of_logits, numbers;
  std::vector<std::int32_t> integers, stop(size(2 * rows), -1), token(size(rows)), kept(size(rows));
  std::vector<std::int64_t> seeds;
  std::vector<float> probability(size(rows)), none_f32(1);
  const std::vector<std::int32_t> none(1, -1);
  rows_of_logits.reserve(size(rows * v));
  for (const rsa::SampleRequest& r : requests) {
    const auto row = logits(r.slot);
    rows_of_logits.insert(rows_of_logits.end(), row.begin(), row.end());
    const rsa::Sampling& s = r.sampling;
    // In the order of SamplingNumber and SamplingInteger (kernels/sampling/sampling.hpp).
    numbers.insert(numbers.end(), {static_cast<float>(s.temperature), static_cast<float>(s.min_p),
                                   static_cast<float>(s.top_p), 1.0F, 0.0F, 0.0F});
    integers.insert(integers.end(),
                    {static_cast<std::int32_t>(s.top_k), 0, static_cast<std::int32_t>(r.position),
                     static_cast<std::int32_t>(r.rollout), static_cast<std::int32_t>(r.round)});
    seeds.push_back(static_cast<std::int64_t>(r.seed));
  }
  model_.operations().run(
      {"sampling", -1, "sampling"}, {KernelModel::max_tokens, rows, valid},
      [&] { return fmt::format("rows={},vocabulary={},valid={},f32", rows, v, valid); },
      {{"logits", bytes_of(rows_of_logits)},
       {"stop", bytes_of(stop)},
       {"bias_token", bytes_of(none)},
       {"bias_add", bytes_of(none_f32)},
       {"prompt", bytes_of(none)},
       {"output", bytes_of(none)},
       {"numbers", bytes_of(numbers)},
       {"integers", bytes_of(integers)},
       {"seed", bytes_of(seeds)},
       {"token", bytes_of(token)},
       {"kept", bytes_of(kept)},
       {"probability", bytes_of(probability)}});
  rsa::in_parallel(requests.size(), omp_get_max_threads(), [&](std::size_t i) {
    out[i].token = token[i];
    out[i].probability = probability[i];
    out[i].thin = rsa::is_thin(logits(requests[i].slot), requests[i], logit_error_);
  });
}

}  // namespace kernelgate::model
