#include "reference/rsa/reference_engine.hpp"

#include <fmt/format.h>

#include <set>

#include "harness/core/error.hpp"
#include "reference/rsa/draw.hpp"
#include "reference/rsa/in_parallel.hpp"

namespace kernelgate::rsa {

ReferenceEngine::ReferenceEngine(const reference::Model& model, std::int64_t slots, int threads,
                                 double logit_error)
    : model_(model),
      slots_(static_cast<std::size_t>(slots), Slot{model.empty_state(1), {}}),
      threads_(threads),
      logit_error_(logit_error) {}

ReferenceEngine::Slot& ReferenceEngine::at(std::int64_t slot) {
  if (slot < 0 || slot >= slots()) {
    throw BadInput(fmt::format("engine: expected a slot from 0 to {}, got {}", slots() - 1, slot));
  }
  return slots_[static_cast<std::size_t>(slot)];
}

void ReferenceEngine::check_ids(std::span<const std::int32_t> ids) const {
  if (ids.empty()) throw BadInput("engine: expected at least one token to feed, got none");
  for (const std::int32_t id : ids) {
    if (id >= 0 && id < vocab_size()) continue;
    throw BadInput(
        fmt::format("engine: expected token ids from 0 to {}, got {}", vocab_size() - 1, id));
  }
}

void ReferenceEngine::forward(Slot& slot, std::span<const std::int32_t> ids) {
  const reference::Logits logits =
      model_.forward(reference::TokenBatch::single(ids), slot.state,
                     {.slots = {}, .logits = reference::LogitsFor::last_token});
  slot.logits.assign(logits.values.begin(), logits.values.end());
  // This engine never rolls back, so a prompt's rows of state need not be kept.
  slot.state.slots[0].forget_history(model_.config());
}

void ReferenceEngine::reset(std::int64_t slot) { at(slot) = Slot{model_.empty_state(1), {}}; }

void ReferenceEngine::feed(std::int64_t slot, std::span<const std::int32_t> ids) {
  Slot& to = at(slot);
  check_ids(ids);
  forward(to, ids);
}

void ReferenceEngine::step(std::span<const SlotToken> tokens) {
  std::set<std::int64_t> seen;
  for (const SlotToken& each : tokens) {
    at(each.slot);
    check_ids({&each.token, 1});
    if (!seen.insert(each.slot).second) {
      throw BadInput(fmt::format("engine: slot {} occurs twice in one batch", each.slot));
    }
  }
  in_parallel(tokens.size(), threads_, [&](std::size_t i) {
    forward(at(tokens[i].slot), {&tokens[i].token, 1});
  });
}

std::span<const float> ReferenceEngine::logits(std::int64_t slot) {
  const Slot& of = at(slot);
  if (of.logits.empty()) {
    throw BadInput(fmt::format("engine: slot {} has no logits: nothing was fed to it", slot));
  }
  return of.logits;
}

void ReferenceEngine::sample(std::span<const SampleRequest> requests, std::span<SampledToken> out) {
  in_parallel(requests.size(), threads_, [&](std::size_t i) {
    out[i] = draw(logits(requests[i].slot), requests[i], logit_error_);
  });
}

std::int64_t ReferenceEngine::cached_tokens(std::int64_t slot) const {
  const auto& sequence = slots_.at(static_cast<std::size_t>(slot)).state.slots[0];
  const auto held = static_cast<std::int64_t>(sequence.blocks.front().keys.size());
  return held / model_.config().kv_size();
}

std::int64_t ReferenceEngine::cache_bytes_per_token() const {
  const reference::ModelConfig& c = model_.config();
  return c.num_blocks() * 2 * c.kv_size() * static_cast<std::int64_t>(sizeof(double));
}

std::int64_t ReferenceEngine::fixed_state_bytes() const {
  std::size_t numbers = 0;
  for (const Slot& slot : slots_) {
    for (const reference::BlockState& block : slot.state.slots[0].blocks) {
      numbers += block.u.size() + block.lag.size();
    }
  }
  return static_cast<std::int64_t>(numbers * sizeof(double));
}

}  // namespace kernelgate::rsa
