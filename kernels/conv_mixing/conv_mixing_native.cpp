// Host side of the native conv_mixing: selects the kernel instance of a case on a device and
// prepares its launch arguments.
#include "kernels/conv_mixing/conv_mixing_native.hpp"

#include <cmath>
#include <string>

#include "harness/core/pieces.hpp"
#include "kernels/conv_mixing/conv_mixing_launch.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t few_tokens = 8;  // up to this many tokens weights are read in place

std::vector<float> rope_frequencies(const ConvMixingCase& c) {
  std::vector<float> table;
  for (std::int64_t x = 0; x < c.rotary / 2; ++x) {
    const double exponent = -2 * static_cast<double>(x) / static_cast<double>(c.rotary);
    table.push_back(static_cast<float>(std::pow(static_cast<double>(c.theta), exponent)));
  }
  return table;
}

}  // namespace

std::vector<NativeUse> conv_mixing_uses(const ConvMixingCase& c, const DeviceProfile& device) {
  const std::uint32_t tile_d = c.head_dim <= 64 ? 64 : c.head_dim <= 128 ? 128 : 256;
  const std::uint32_t few_d = c.head_dim <= 128 ? 128 : 256;
  const bool tile = c.form != ConvForm::decode && c.tokens > few_tokens &&
                    conv_tile_bytes(tile_d) <= device.lds_bytes;
  const std::uint32_t d = tile ? tile_d : few_d;
  const std::int64_t rows = tile ? conv_tile_rows(d) : conv_few_rows(d);
  NativeUse use;
  const auto entry = tile ? conv_mixing_tile_name : conv_mixing_few_name;
  use.entry = std::string(entry(name(c.type), d, device.wave));
  use.grid = {pieces(c.tokens, rows), c.groups(), 1};
  use.threads = tile ? conv_tile_threads : conv_few_threads;
  return {use};
}

std::unique_ptr<Launch> prepare_native_conv_mixing(const ConvMixingCase& c, TensorSet& tensors,
                                                   NativeDevice& device,
                                                   const NativeEntrySet& entries) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const NativeTensors& t = *memory;
  const std::vector<float> table = rope_frequencies(c);
  const auto bytes = static_cast<std::int64_t>(table.size() * sizeof(float));
  std::byte* frequency = memory->scratch(bytes, "frequency");
  device.upload(frequency, reinterpret_cast<const std::byte*>(table.data()), bytes);
  const auto number = [](std::int64_t n) { return static_cast<std::uint32_t>(n); };
  const ConvMixingLaunch arguments{.qkv = t["qkv"],
                                   .depthwise = t["depthwise"],
                                   .depthwise_bias = t["depthwise_bias"],
                                   .grouped = t["grouped"],
                                   .grouped_bias = t["grouped_bias"],
                                   .temperature = t["temperature"],
                                   .position = reinterpret_cast<const std::int32_t*>(t["position"]),
                                   .slot = reinterpret_cast<const std::int32_t*>(t["slot"]),
                                   .frequency = reinterpret_cast<const float*>(frequency),
                                   .conv_state = reinterpret_cast<float*>(t["conv_state"]),
                                   .lag_state = reinterpret_cast<float*>(t["lag_state"]),
                                   .q = t["q"],
                                   .k = t["k"],
                                   .v = t["v"],
                                   .tokens = number(c.tokens),
                                   .heads = number(c.heads),
                                   .kv_heads = number(c.kv_heads),
                                   .d = number(c.head_dim),
                                   .half = number(c.rotary / 2),
                                   .batch = c.form == ConvForm::decode ? 1U : 0U,
                                   .carries = c.form == ConvForm::prefill ? 0U : 1U,
                                   .raw = c.stage == ConvStage::conv ? 1U : 0U};
  const std::vector<NativeUse> uses = conv_mixing_uses(c, device.profile());
  return make_native_launch(device, memory, [&device, entries, use = uses.front(), arguments] {
    launch_use(device, entries, use, arguments);
  });
}

void register_conv_mixing_native(Registry& registry) {
  registry.add_native<ConvMixingCase>(
      {.name = "native",
       .note = "a block per head and tile of rows; few rows: a wave per few outputs",
       .reproducible = {true, "one block owns an element, its sums have one order per wave width"},
       .uses = conv_mixing_uses,
       .prepare = prepare_native_conv_mixing});
}

}  // namespace kernelgate
