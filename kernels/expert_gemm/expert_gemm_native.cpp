// expert_gemm, native: the host side. Five launches: count, scan and place the tokens, gate and up,
// down. The last two also exist on matrix instructions.
#include "harness/native/matrix_tiles.hpp"
#include "kernels/expert_gemm/expert_gemm.hpp"
#include "kernels/expert_gemm/expert_gemm_launch.hpp"
#include "kernels/expert_gemm/expert_launches.hpp"

namespace kernelgate {
namespace {

std::vector<NativeUse> uses(const ExpertGemmCase& c, const DeviceProfile& device) {
  return expert_uses(c, device, expert_kernels);
}

std::vector<NativeUse> matrix_uses(const ExpertGemmCase& c, const DeviceProfile& device) {
  return expert_uses(
      c, device, expert_matrix_kernels,
      {.inner = expert_matrix_columns / 2,
       .outputs = expert_matrix_columns,
       .threads = expert_tile_rows(c) == 16 ? expert_matrix_threads<16> : expert_matrix_threads<64>,
       .matrix = device.matrix});
}

std::unique_ptr<Launch> prepare_uses(const ExpertGemmCase& c, TensorSet& tensors,
                                     NativeDevice& device, const NativeEntrySet& entries,
                                     const std::vector<NativeUse>& u) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const ExpertRun run(c, *memory);
  return make_native_launch(device, memory, [=, &device, &m = *memory] {
    run.sort(device, entries, u, m["choice"]);
    launch_use(device, entries, u[3], m["h"], m["gate_up"], run.offset, run.order, run.inner,
               run.hidden, run.inter, run.experts);
    launch_use(device, entries, u[4], m["h"], run.inner, m["down"], m["weight"], run.offset,
               run.order, m["m"], run.hidden, run.inter, run.experts, run.identity);
  });
}

/// A plan with the launches that `of_case` returns.
NativePlan<ExpertGemmCase> plan_of(std::vector<NativeUse> (*of_case)(const ExpertGemmCase&,
                                                                     const DeviceProfile&)) {
  NativePlan<ExpertGemmCase> plan;
  plan.uses = of_case;
  plan.prepare = [of_case](const ExpertGemmCase& c, TensorSet& tensors, NativeDevice& device,
                           const NativeEntrySet& entries) {
    return prepare_uses(c, tensors, device, entries, of_case(c, device.profile()));
  };
  return plan;
}

}  // namespace

void register_expert_gemm_native(Registry& registry) {
  NativePlan<ExpertGemmCase> plan = plan_of(uses);
  plan.note = "stable counting sort, then tiles of one expert's tokens by 64 outputs";
  plan.reproducible = {true, "tokens keep their order, sums have the order of their terms"};
  registry.add_native<ExpertGemmCase>(plan);

  NativePlan<ExpertGemmCase> matrix = plan_of(matrix_uses);
  matrix.name = "native/matrix";
  matrix.note = "the same sort, then tiles by 128 columns on matrix instructions";
  matrix.reproducible = {
      true, "tokens keep their order, 32 terms per step, the device's order in a step"};
  matrix.unsupported_reason = [](const ExpertGemmCase& c, const DeviceProfile& device) {
    return matrix_tiles_unsupported_reason(c.type, device);
  };
  registry.add_native<ExpertGemmCase>(matrix);
}

}  // namespace kernelgate
