// Host side of the native residual_norm: chooses the kernel instance for a row and prepares its
// launch.
#include <algorithm>

#include "harness/core/pieces.hpp"
#include "harness/native/plan.hpp"
#include "kernels/residual_norm/residual_norm.hpp"
#include "kernels/residual_norm/residual_norm_launch.hpp"

namespace kernelgate {
namespace {

// Elements per thread: the case's widest row has as many for each of residual_norm_threads.
constexpr std::int64_t max_values = 32;

std::vector<NativeUse> uses(const ResidualNormCase& c, const DeviceProfile& device) {
  const std::int64_t wide = 16 / size_bytes(c.type);
  const std::int64_t load = c.hidden % wide == 0 ? wide : 1;
  // Whole waves, no more than the row fills; few registers if the row allows it.
  const std::int64_t waves = pieces(c.hidden / load, device.wave);
  const std::int64_t threads = std::min<std::int64_t>(waves * device.wave, residual_norm_threads);
  const std::int64_t keep = c.hidden <= threads * 8 ? 8 : max_values;
  return {{.entry = std::string(residual_norm_name(name(c.type), device.wave, load, keep)),
           .grid = {c.tokens, 1, 1},
           .threads = threads}};
}

std::unique_ptr<Launch> prepare(const ResidualNormCase& c, TensorSet& tensors, NativeDevice& device,
                                const NativeEntrySet& entries) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const std::uint32_t does =
      (c.reads_residual() ? ResidualNormDoes::reads_residual : 0U) |
      (c.writes_residual() ? ResidualNormDoes::writes_residual : 0U) |
      (c.norm_input == NormInput::storage ? ResidualNormDoes::rounds_input : 0U);
  const auto width = static_cast<std::uint32_t>(c.hidden);
  const auto epsilon = static_cast<float>(ResidualNormCase::epsilon);
  return make_native_launch(
      device, memory, [=, &device, &m = *memory, use = uses(c, device.profile())[0]] {
        launch_use(device, entries, use, m["hidden"], m["hidden_scale"], m["hidden_bias"],
                   m.find("residual_scale"), m.find("residual_bias"), m["weight"], m["residual"],
                   m["y"], width, does, epsilon);
      });
}

}  // namespace

void register_residual_norm_native(Registry& registry) {
  registry.add_native<ResidualNormCase>(
      {.note = "a block per row, the new stream in registers, loads of 16 bytes",
       .reproducible = {true, "sums in an order that the width alone fixes"},
       .uses = uses,
       .prepare = prepare});
}

}  // namespace kernelgate
