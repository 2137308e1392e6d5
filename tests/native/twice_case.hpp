// Case and plan for the kernel of mutants_kernel.hpp and its seeded bugs.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/native/plan.hpp"

namespace kernelgate {

NativeEntries mutants_source_entries();
NativeEntries mutants_plain_entries();

/// y = 2 x, total = sum of x.
struct TwiceCase {
  static constexpr std::string_view kernel = "twice";
  std::int64_t count = 600;

  static const Axes<TwiceCase>& axes() {
    static const Axes<TwiceCase> table = Axes<TwiceCase>().number("count", &TwiceCase::count);
    return table;
  }
  Traffic traffic() const { return {.bytes = 8 * count + 4, .flops = 2 * count}; }
  std::vector<TensorSpec> tensors() const {
    return {{"x", Dtype::f32, {count}, Role::input},
            {"y", Dtype::f32, {count}, Role::output},
            {"total", Dtype::f32, {1}, Role::state}};
  }
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
    fill_bell(tensors["x"], stream_key(id_of(*this), seed, mode, "x"), 1);
    tensors["total"].set(0, 0);
  }
  ReferenceValues reference_values(const TensorSet& before, DataMode, std::uint64_t) const {
    NumericReference y{.tensor = "y", .at = {}, .value = {}, .error_bound = {}};
    NumericReference total{.tensor = "total", .at = {}, .value = {0}, .error_bound = {1e-3}};
    for (std::int64_t i = 0; i < count; ++i) {
      y.add_exact(2 * before["x"].get(i));
      total.value[0] += before["x"].get(i);
    }
    ReferenceValues reference_values;
    reference_values.numeric = {std::move(y), std::move(total)};
    return reference_values;
  }
  bool operator==(const TwiceCase&) const = default;
};

/// The plan of one mutant. Declares reproducible bits by default.
inline NativePlan<TwiceCase> plan_of(const std::string& mutant,
                                     Reproducible determinism_claim = {}) {
  const auto uses = [mutant](const TwiceCase& c, const DeviceProfile& device) {
    return std::vector<NativeUse>{{.entry = fmt::format("{}<w{}>", mutant, device.wave),
                                   .grid = {(c.count + 255) / 256, 1, 1},
                                   .threads = 256}};
  };
  NativePlan<TwiceCase> plan;
  plan.name = mutant;
  plan.reproducible = std::move(determinism_claim);
  plan.uses = uses;
  plan.prepare = [uses](const TwiceCase& c, TensorSet& tensors, NativeDevice& device,
                        const NativeEntrySet& entries) {
    const auto memory = std::make_shared<NativeTensors>(device, tensors);
    return make_native_launch(device, memory,
                              [=, &device, &m = *memory, use = uses(c, device.profile())[0]] {
                                launch_use(device, entries, use, m["x"], m["y"], m["total"],
                                           static_cast<std::uint32_t>(c.count));
                              });
  };
  return plan;
}

}  // namespace kernelgate
