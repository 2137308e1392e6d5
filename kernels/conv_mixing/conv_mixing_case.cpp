// Axes, shapes and traffic of conv_mixing.
#include <string>

#include "kernels/conv_mixing/conv_mixing.hpp"

namespace kernelgate {

const Axes<ConvMixingCase>& ConvMixingCase::axes() {
  static const Axes<ConvMixingCase> table =
      Axes<ConvMixingCase>()
          .number("tokens", &ConvMixingCase::tokens, 1, 1 << 20)
          .number("heads", &ConvMixingCase::heads, 1, 256)
          .number("kv_heads", &ConvMixingCase::kv_heads, 1, 64)
          .number("head_dim", &ConvMixingCase::head_dim, 2, 256)
          .number("rotary", &ConvMixingCase::rotary, 0, 256)
          .number("theta", &ConvMixingCase::theta, 2, 1 << 30)
          .number("position", &ConvMixingCase::position, 0, 1 << 23)
          .word("form", &ConvMixingCase::form, {"prefill", "chunk", "decode"})
          .word("stage", &ConvMixingCase::stage, {"mixed", "conv"})
          .word("inputs", &ConvMixingCase::inputs, {"bell", "small", "zeros"})
          .dtype(&ConvMixingCase::type);
  return table;
}

void ConvMixingCase::validate() const {
  const auto refuse = [](std::string_view axis, const std::string& why) {
    throw BadInput("conv_mixing: axis '" + std::string(axis) + "': " + why);
  };
  if (heads % kv_heads != 0) {
    refuse("heads", "expected a multiple of kv_heads=" + std::to_string(kv_heads) + ", got " +
                        std::to_string(heads));
  }
  if (head_dim % 2 != 0)
    refuse("head_dim", "expected an even number, got " + std::to_string(head_dim));
  if (rotary % 2 != 0 || rotary > head_dim) {
    refuse("rotary", "expected an even number up to head_dim=" + std::to_string(head_dim) +
                         ", got " + std::to_string(rotary));
  }
}

std::int64_t ConvMixingCase::slot_of(std::int64_t sequence) const {
  if (form == ConvForm::prefill) return 0;
  if (form == ConvForm::decode && sequence % 5 == 3) return -1;
  return sequences() - sequence;
}

std::int64_t ConvMixingCase::live_rows() const {
  return form == ConvForm::decode ? tokens - (tokens + 1) / 5 : tokens;
}

Traffic ConvMixingCase::traffic() const {
  const std::int64_t element = size_bytes(type);
  const std::int64_t weights = (4 + 2 * head_dim) * channels() + kv_heads;
  const std::int64_t state_row = 4 * (2 * channels() + lag_width());
  const std::int64_t live_slots = form == ConvForm::decode ? live_rows() : 1;
  const std::int64_t state_passes = form == ConvForm::prefill ? 1 : 2;  // written, and read
  return {.bytes = element * (live_rows() * row_width() + weights + tokens * row_width()) +
                   4 * (live_rows() + sequences()) + state_passes * live_slots * state_row,
          .flops = live_rows() * channels() * (4 + 4 * head_dim + 12)};
}

std::vector<TensorSpec> ConvMixingCase::tensors() const {
  const Role state = form == ConvForm::prefill ? Role::output : Role::state;
  return {{"qkv", type, {tokens, row_width()}, Role::input},
          {"depthwise", type, {channels(), 2}, Role::input},
          {"depthwise_bias", type, {channels()}, Role::input},
          {"grouped", type, {channels(), head_dim, 2}, Role::input},
          {"grouped_bias", type, {channels()}, Role::input},
          {"temperature", type, {kv_heads}, Role::input},
          {"position", Dtype::i32, {tokens}, Role::input},
          {"slot", Dtype::i32, {sequences()}, Role::input},
          {"conv_state", Dtype::f32, {slots(), channels(), 2}, state},
          {"lag_state", Dtype::f32, {slots(), lag_width()}, state},
          {"q", type, {tokens, heads, head_dim}, Role::output},
          {"k", type, {tokens, kv_heads, head_dim}, Role::output},
          {"v", type, {tokens, kv_heads, head_dim}, Role::output}};
}

std::optional<std::string> ConvMixingCase::exact_not_applicable() const {
  if (stage == ConvStage::conv) return std::nullopt;
  return "the L2 norm takes a root: stage=conv compares what enters it, and every case its V and "
         "state, bit for bit";
}

}  // namespace kernelgate
