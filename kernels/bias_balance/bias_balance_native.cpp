// Host side of the native bias_balance. Three launches: clear, count, step.
#include <cmath>

#include "harness/core/pieces.hpp"
#include "harness/native/plan.hpp"
#include "kernels/bias_balance/bias_balance.hpp"
#include "kernels/bias_balance/bias_balance_launch.hpp"
#include "kernels/bias_balance/bias_balance_step.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t threads = 256;
constexpr std::int64_t choices_per_block = 16384;

std::vector<NativeUse> uses(const BiasBalanceCase& c, const DeviceProfile& device) {
  const auto use = [&](const InstanceName& entry, std::int64_t blocks) {
    return NativeUse{.entry = std::string(entry), .grid = {blocks, 1, 1}, .threads = threads};
  };
  const NativeUse step = use(bias_step_name(device.wave), pieces(c.experts, threads));
  if (c.input == LoadInput::counts) return {step};
  return {step, use(bias_clear_name(device.wave), pieces(c.experts + 1, threads)),
          use(bias_count_name(device.wave), pieces(c.tokens, choices_per_block))};
}

// Powers of beta in double: 1 - beta^t loses nothing there.
BiasBalanceStep step_of(const BiasBalanceCase& c) {
  const double t = static_cast<double>(c.step);
  const auto single = [](double x) { return static_cast<float>(x); };
  return {.tokens = single(static_cast<double>(c.tokens)),
          .share = 1.0F / single(static_cast<double>(c.experts)),
          .rate = single(BiasBalanceCase::rate),
          .decay = single(c.weight_decay()),
          .beta1 = single(BiasBalanceCase::beta1),
          .beta2 = single(BiasBalanceCase::beta2),
          .rest1 = single(1 - BiasBalanceCase::beta1),
          .rest2 = single(1 - BiasBalanceCase::beta2),
          .unbias1 = single(1 - std::pow(BiasBalanceCase::beta1, t)),
          .unbias2 = single(1 - std::pow(BiasBalanceCase::beta2, t)),
          .epsilon = single(BiasBalanceCase::epsilon)};
}

std::unique_ptr<Launch> prepare(const BiasBalanceCase& c, TensorSet& tensors, NativeDevice& device,
                                const NativeEntrySet& entries) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const auto experts = static_cast<std::uint32_t>(c.experts);
  const auto tokens = static_cast<std::uint64_t>(c.tokens);
  const BiasBalanceStep step = step_of(c);
  return make_native_launch(
      device, memory, [=, &device, &m = *memory, u = uses(c, device.profile())] {
        if (u.size() > 1) {
          launch_use(device, entries, u[1], m["count"], experts + 1);
          launch_use(device, entries, u[2], m["choice"], tokens,
                     static_cast<std::uint32_t>(choices_per_block), experts + 1, m["count"]);
        }
        launch_use(device, entries, u[0], m["count"], m["bias"], m["first"], m["second"], experts,
                   step);
      });
}

}  // namespace

void register_bias_balance_native(Registry& registry) {
  registry.add_native<BiasBalanceCase>(
      {.note = "counts in shared memory, a table per wave; then one thread per expert",
       .reproducible = {true, "float sums have one term each, counts are integers"},
       .uses = uses,
       .prepare = prepare});
}

}  // namespace kernelgate
