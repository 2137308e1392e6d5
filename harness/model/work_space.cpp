#include "harness/model/work_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace kernelgate::model {
namespace {

/// How many rows a piece needs.
enum class Rows {
  tokens,           // one per token
  tokens_or_slots,  // one per token, and in a batch one per slot of the store
  on_demand,        // as many as reserve() asks for
};

struct BufferShape {
  Buffer buffer;
  std::string_view name;
  Rows rows;
  std::int64_t (*width)(const reference::ModelConfig&);
  std::optional<Dtype> type;  // absent: the type of the activations
};

constexpr std::optional<Dtype> of_model = std::nullopt;

namespace width {
constexpr auto one = [](const reference::ModelConfig&) -> std::int64_t { return 1; };
constexpr auto range = [](const reference::ModelConfig&) -> std::int64_t { return 2; };
constexpr auto hidden = [](const reference::ModelConfig& c) { return c.hidden_size; };
constexpr auto queries = [](const reference::ModelConfig& c) { return c.q_size(); };
constexpr auto keys = [](const reference::ModelConfig& c) { return c.kv_size(); };
constexpr auto lag = [](const reference::ModelConfig& c) { return c.lag_width(); };
constexpr auto fused = [](const reference::ModelConfig& c) { return c.channels() + c.kv_size(); };
constexpr auto router = [](const reference::ModelConfig& c) { return c.router_size; };
constexpr auto choices = [](const reference::ModelConfig& c) { return c.num_experts + 1; };
constexpr auto vocabulary = [](const reference::ModelConfig& c) { return c.vocab_size; };
}  // namespace width

constexpr BufferShape shapes[] = {
    {Buffer::hidden, "hidden", Rows::tokens, width::hidden, of_model},
    {Buffer::normed, "normed", Rows::tokens, width::hidden, of_model},
    {Buffer::residual, "residual", Rows::tokens, width::hidden, Dtype::f32},
    {Buffer::q, "q", Rows::tokens, width::queries, of_model},
    {Buffer::k, "k", Rows::tokens, width::keys, of_model},
    {Buffer::v_current, "v_current", Rows::tokens, width::lag, of_model},
    {Buffer::v_delayed, "v_delayed", Rows::tokens, width::lag, of_model},
    {Buffer::qkv, "qkv", Rows::tokens_or_slots, width::fused, of_model},
    {Buffer::mixed_q, "mixed_q", Rows::tokens_or_slots, width::queries, of_model},
    {Buffer::mixed_k, "mixed_k", Rows::tokens_or_slots, width::keys, of_model},
    {Buffer::mixed_v, "mixed_v", Rows::tokens_or_slots, width::keys, of_model},
    {Buffer::heads, "heads", Rows::tokens_or_slots, width::queries, of_model},
    {Buffer::gathered, "gathered", Rows::tokens, width::queries, of_model},
    {Buffer::router_even, "router_even", Rows::tokens, width::router, Dtype::f32},
    {Buffer::router_odd, "router_odd", Rows::tokens, width::router, Dtype::f32},
    {Buffer::probabilities, "probabilities", Rows::tokens, width::choices, Dtype::f32},
    {Buffer::probability, "probability", Rows::tokens, width::one, Dtype::f32},
    {Buffer::choice, "choice", Rows::tokens, width::one, Dtype::i32},
    {Buffer::position, "position", Rows::tokens_or_slots, width::one, Dtype::i32},
    {Buffer::slot, "slot", Rows::tokens_or_slots, width::one, Dtype::i32},
    {Buffer::valid, "valid", Rows::tokens_or_slots, width::range, Dtype::i32},
    {Buffer::stage_keys, "stage_keys", Rows::on_demand, width::keys, of_model},
    {Buffer::stage_values, "stage_values", Rows::on_demand, width::keys, of_model},
    {Buffer::head_input, "head_input", Rows::on_demand, width::hidden, of_model},
    {Buffer::logits, "logits", Rows::on_demand, width::vocabulary, Dtype::f32},
    {Buffer::slot_choice, "slot_choice", Rows::on_demand, width::one, Dtype::i32},
    {Buffer::round_output, "round_output", Rows::on_demand, width::hidden, of_model},
};

// reserve() finds a buffer's row by its number.
constexpr bool in_order() {
  std::size_t at = 0;
  for (const BufferShape& shape : shapes) {
    if (static_cast<std::size_t>(shape.buffer) != at++) return false;
  }
  return at == buffer_count;
}
static_assert(in_order());

}  // namespace

WorkSpace::WorkSpace(const reference::ModelConfig& config, Dtype type) {
  std::transform(std::begin(shapes), std::end(shapes), row_bytes_.begin(),
                 [&](const BufferShape& shape) {
                   return shape.width(config) * size_bytes(shape.type.value_or(type));
                 });
}

void WorkSpace::reserve_piece(std::int64_t tokens, std::int64_t slots) {
  for (const BufferShape& shape : shapes) {
    if (shape.rows == Rows::on_demand) continue;
    reserve(shape.buffer, shape.rows == Rows::tokens ? tokens : std::max(tokens, slots));
  }
}

std::byte* WorkSpace::reserve(Buffer buffer, std::int64_t rows) {
  const auto at = static_cast<std::size_t>(buffer);
  const std::int64_t bytes = rows * row_bytes_[at];
  if (memory_[at].bytes() < bytes) {
    memory_[at] = PageMemory(bytes, fmt::format("work space, buffer {}", shapes[at].name));
  }
  return memory_[at].data();
}

}  // namespace kernelgate::model
