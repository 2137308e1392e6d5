// sampling, native: the host side. One block per row, with the largest layout that the device has.
#include <algorithm>
#include <bit>

#include "harness/native/plan.hpp"
#include "kernels/sampling/sampling_launch.hpp"
#include "kernels/sampling/sampling_native.hpp"

namespace kernelgate {
namespace {

std::vector<NativeUse> uses(const SamplingCase& c, const DeviceProfile& device) {
  const bool large = device.lds_bytes >= sampling_64k.lds_bytes && device.max_threads >= 1024;
  return {{.entry = std::string(
               sampling_name(name(c.type), device.wave, large ? sampling_64k : sampling_16k)),
           .grid = {c.rows, 1, 1},
           .threads = large ? 1024 : 256}};
}

/// 62 bits for a sum of weights of at most 1: 43 per weight for a vocabulary of 262,272.
std::uint32_t weight_bits(std::int64_t terms) {
  return 62 - static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint64_t>(terms - 1)));
}

}  // namespace

std::unique_ptr<Launch> prepare_native_sampling(const SamplingCase& c, TensorSet& tensors,
                                                NativeDevice& device,
                                                const NativeEntrySet& entries) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  NativeTensors& m = *memory;
  const auto at = [&m](auto*& pointer, const char* tensor) {
    pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(m.find(tensor));
  };
  const auto number = [](std::int64_t n) { return static_cast<std::uint32_t>(n); };
  SamplingInputs in{};
  in.logits = m["logits"];
  at(in.allowed, "allowed");
  at(in.stop, "stop");
  at(in.bias_token, "bias_token");
  at(in.prompt, "prompt");
  at(in.output, "output");
  at(in.bias_add, "bias_add");
  at(in.numbers, "numbers");
  at(in.integers, "integers");
  at(in.seed, "seed");
  in.vocabulary = number(c.vocabulary);
  in.real_ids = number(c.real_ids());
  in.mask_words = number(c.mask_words());
  in.biases = number(c.biases);
  in.prompts = number(c.history / 2);
  in.outputs = number(c.history - c.history / 2);

  const std::int64_t stride = (c.vocabulary + 7 + 7) / 8 * 8;
  SamplingWork work{};
  work.x = reinterpret_cast<float*>(m.scratch(c.rows * stride * 4, "sampling x"));
  if (c.history > 0) {
    work.mentions =
        reinterpret_cast<std::uint32_t*>(m.scratch(c.rows * c.vocabulary * 4, "sampling mentions"));
  }
  at(work.token, "token");
  at(work.kept, "kept");
  at(work.probability, "probability");
  work.stride = number(stride);
  work.weight_bits = weight_bits(c.vocabulary);
  work.position_bits = std::max(1U, static_cast<std::uint32_t>(std::bit_width(in.vocabulary - 1)));
  return make_native_launch(device, memory, [=, &device, use = uses(c, device.profile())[0]] {
    launch_use(device, entries, use, in, work);
  });
}

void register_sampling_native(Registry& registry) {
  registry.add_native<SamplingCase>(
      {.note =
           "a block per row; thresholds by histograms, few survivors in LDS, sums in fixed point",
       .reproducible = {true, "sums are whole numbers and ties have an order"},
       .uses = uses,
       .prepare = prepare_native_sampling});
}

}  // namespace kernelgate
