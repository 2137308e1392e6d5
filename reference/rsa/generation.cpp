#include "reference/rsa/generation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "harness/core/error.hpp"

namespace kernelgate::rsa {
namespace {

TimedSpan by_steady_clock(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

}  // namespace

EngineGenerator::EngineGenerator(SequenceEngine& engine, GenerationRules rules, Watch watch,
                                 Timer timer)
    : engine_(engine),
      rules_(std::move(rules)),
      watch_(std::move(watch)),
      timer_(timer ? std::move(timer) : Timer(by_steady_clock)) {}

void EngineGenerator::prepare(std::span<const Request> requests) {
  if (std::ssize(requests) > engine_.slots()) {
    throw BadInput(fmt::format("rsa: {} rollouts decode as one batch, the engine has {} slots",
                               requests.size(), engine_.slots()));
  }
  most_ = done_ = 0;
  for (const Request& request : requests) {
    const std::int64_t tokens = std::ssize(request.prompt) + request.budget.tokens;
    if (engine_.capacity() > 0 && tokens > engine_.capacity()) {
      throw BadInput(
          fmt::format("rsa: rollout {} of round {}: a prompt of {} tokens and a budget of {} need "
                      "{}, a sequence "
                      "of this model holds {}",
                      request.rollout, request.round, request.prompt.size(), request.budget.tokens,
                      tokens, engine_.capacity()));
    }
    most_ = std::max(most_, request.budget.tokens);
  }
  most_ += std::ssize(requests);
  for (std::int64_t slot = 0; slot < engine_.slots(); ++slot) {
    engine_.reset(slot);
    if (engine_.cached_tokens(slot) != 0) {
      throw std::logic_error(fmt::format("rsa: slot {} still holds {} tokens after its reset", slot,
                                         engine_.cached_tokens(slot)));
    }
  }
}

void EngineGenerator::prefill(std::span<const Request> requests, std::vector<Sequence>& live) {
  for (std::size_t i = 0; i < requests.size(); ++i) {
    cost_.prefills.push_back(
        timer_([&] { engine_.feed(static_cast<std::int64_t>(i), requests[i].prompt); }));
    cost_.prompt_tokens += std::ssize(requests[i].prompt);
    Sequence sequence;
    sequence.place = i;
    sequence.request = &requests[i];
    live.push_back(std::move(sequence));
    ++done_;
    tell(std::ssize(live));
  }
}

// Whether an answer is requested and the reasoning has used up its part without ending.
bool EngineGenerator::must_force(const Sequence& s) const {
  const Budget& budget = s.request->budget;
  return s.reasoning && budget.tokens > budget.reasoning &&
         std::ssize(s.rollout.tokens) == budget.reasoning;
}

std::vector<SampledToken> EngineGenerator::next_tokens(std::vector<Sequence>& live) {
  std::vector<SampledToken> next(live.size());
  std::vector<SampleRequest> requests;
  std::vector<std::size_t> whose;
  for (std::size_t i = 0; i < live.size(); ++i) {
    Sequence& s = live[i];
    if (must_force(s)) {
      s.rollout.forced = true;
      next[i].token = rules_.end_of_think.value();
      continue;
    }
    requests.push_back({.slot = static_cast<std::int64_t>(s.place),
                        .sampling = s.request->sampling,
                        .seed = rules_.seed,
                        .position = static_cast<std::uint32_t>(s.rollout.tokens.size()),
                        .rollout = static_cast<std::uint32_t>(s.request->rollout),
                        .round = static_cast<std::uint32_t>(s.request->round)});
    whose.push_back(i);
  }
  std::vector<SampledToken> drawn(requests.size());
  if (!requests.empty()) {
    cost_.draws.push_back(timer_([&] { engine_.sample(requests, drawn); }));
  }
  for (std::size_t i = 0; i < drawn.size(); ++i) next[whose[i]] = drawn[i];
  return next;
}

void EngineGenerator::add_token(Sequence& s, const SampledToken& next) {
  Rollout& rollout = s.rollout;
  const Budget& budget = s.request->budget;
  const auto end = [&](Finish finish) {
    rollout.finish = finish;
    s.ended = true;
  };
  if (next.token < 0 || next.token >= engine_.vocab_size()) {
    rollout.failure = fmt::format("no token could be drawn at position {}", rollout.tokens.size());
    return end(Finish::failed);
  }
  rollout.tokens.push_back(next.token);
  rollout.thin += next.thin ? 1 : 0;
  ++cost_.generated_tokens;
  if (std::find(rules_.eos.begin(), rules_.eos.end(), next.token) != rules_.eos.end()) {
    end(Finish::eos);
  } else if (s.reasoning && next.token == rules_.end_of_think) {
    s.reasoning = false;
    if (budget.tokens == budget.reasoning) end(Finish::end_of_think);
  } else if (s.reasoning) {
    ++rollout.reasoning;
  }
  if (!s.ended && std::ssize(rollout.tokens) == budget.tokens) end(Finish::budget);
}

void EngineGenerator::feed_step(const std::vector<Sequence>& live) {
  std::vector<SlotToken> batch;
  batch.reserve(live.size());
  for (const Sequence& s : live) {
    batch.push_back({static_cast<std::int64_t>(s.place), s.rollout.tokens.back()});
  }
  cost_.decodes.push_back(timer_([&] { engine_.step(batch); }));
  ++cost_.steps;
}

void EngineGenerator::note_peak() {
  std::int64_t cached = 0;
  for (std::int64_t slot = 0; slot < engine_.slots(); ++slot) {
    cached += engine_.cached_tokens(slot);
  }
  cost_.peak_cached_tokens = std::max(cost_.peak_cached_tokens, cached);
}

void EngineGenerator::tell(std::int64_t live) const {
  if (watch_) watch_(done_, most_, live);
}

void EngineGenerator::generate(std::span<const Request> requests, const Done& done) {
  cost_ = {};
  prepare(requests);
  std::vector<Sequence> live;
  prefill(requests, live);
  note_peak();
  while (!live.empty()) {
    const std::vector<SampledToken> next = next_tokens(live);
    for (std::size_t i = 0; i < live.size(); ++i) {
      add_token(live[i], next[i]);
      if (live[i].ended) done(live[i].place, std::move(live[i].rollout));
    }
    std::erase_if(live, [](const Sequence& s) { return s.ended; });
    if (!live.empty()) feed_step(live);
    note_peak();
    ++done_;
    tell(std::ssize(live));
  }
  done_ = most_;
  tell(0);
}

}  // namespace kernelgate::rsa
