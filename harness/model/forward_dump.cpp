#include "harness/model/forward_dump.hpp"

namespace kernelgate {

ForwardDump::Entry& ForwardDump::entry(const std::string& name, std::int64_t width, bool vector) {
  for (Entry& e : entries_) {
    if (e.name == name) return e;
  }
  entries_.push_back({name, width, vector, {}, {}});
  return entries_.back();
}

template <class N>
void ForwardDump::append(const std::string& name, std::span<const N> rows, std::int64_t tokens) {
  Entry& e = entry(name, static_cast<std::int64_t>(rows.size()) / tokens, false);
  for (const N x : rows) e.numbers.push_back(static_cast<float>(x));
}

void ForwardDump::add_logits(const reference::Logits& logits) {
  append<double>("logits", logits.values, logits.rows * logits.tokens);
}

void ForwardDump::on_input(const reference::ChunkPlace& place, std::span<const double> stream) {
  append("stream.input", stream, place.tokens);
}

void ForwardDump::on_block(const reference::ChunkPlace& place, std::int64_t block,
                           const reference::BlockTrace& trace) {
  const std::string prefix = "layers." + std::to_string(block) + ".";
  append<double>(prefix + "residual", trace.residual, place.tokens);
  append<double>(prefix + "attention", trace.attention, place.tokens);
  append<double>(prefix + "moe", trace.moe, place.tokens);
  Entry& choice = entry(prefix + "router_choice", 1, true);
  Entry& weight = entry(prefix + "router_weight", 1, true);
  for (const auto& routing : trace.routing) {
    choice.whole_numbers.push_back(static_cast<std::int32_t>(routing.choice));
    weight.numbers.push_back(static_cast<float>(routing.weight));
  }
}

void ForwardDump::add_logits(std::span<const float> logits, std::int64_t tokens) {
  append("logits", logits, tokens);
}

void ForwardDump::add_input(std::span<const float> stream, std::int64_t tokens) {
  append("stream.input", stream, tokens);
}

void ForwardDump::add_block(std::int64_t block, std::span<const float> stream,
                            std::span<const std::int32_t> choice, std::span<const float> weight) {
  const std::string prefix = "layers." + std::to_string(block) + ".";
  append(prefix + "residual", stream, static_cast<std::int64_t>(choice.size()));
  auto& choices = entry(prefix + "router_choice", 1, true).whole_numbers;
  choices.insert(choices.end(), choice.begin(), choice.end());
  auto& weights = entry(prefix + "router_weight", 1, true).numbers;
  weights.insert(weights.end(), weight.begin(), weight.end());
}

reference::TensorMap ForwardDump::tensors() const {
  reference::TensorMap map;
  for (const Entry& e : entries_) {
    const Values values = e.whole_numbers.empty() ? Values(e.numbers) : Values(e.whole_numbers);
    std::vector<std::int64_t> shape{values.size() / e.width};
    if (!e.vector) shape.push_back(e.width);
    map.tensors[e.name] = {shape, values};
  }
  return map;
}

}  // namespace kernelgate
