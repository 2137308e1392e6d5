// bias_balance on CPU threads: every chunk of choices has four histograms of its own, so that equal
// choices in a row do not wait for one another's increment; nothing is shared, nothing is atomic.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <memory>
#include <vector>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/bias_balance/bias_balance.hpp"
#include "kernels/bias_balance/bias_step.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t choices_a_chunk = 16384;
constexpr std::int64_t copies = 4;

void count_chunk(const std::int32_t* choice, std::int64_t many, std::int32_t* counts,
                 std::int64_t bins) {
  for (std::int64_t i = 0; i < copies * bins; ++i) counts[i] = 0;
  std::int64_t t = 0;
  for (; t + copies <= many; t += copies) {
    for (std::int64_t i = 0; i < copies; ++i) ++counts[i * bins + choice[t + i]];
  }
  for (; t < many; ++t) ++counts[choice[t]];
}

std::unique_ptr<Launch> launch(const BiasBalanceCase& c, TensorSet& tensors) {
  const bool counts_here = c.input == LoadInput::choices;
  const std::int64_t bins = c.experts + 1;
  const std::int64_t chunks = (c.tokens + choices_a_chunk - 1) / choices_a_chunk;
  const auto partial = std::make_shared<std::vector<std::int32_t>>(
      static_cast<std::size_t>(counts_here ? chunks * copies * bins : 0));
  const std::int32_t* choice = counts_here ? tensors["choice"].as<std::int32_t>().data() : nullptr;
  std::int64_t* count = tensors["count"].as<std::int64_t>().data();
  float* bias = tensors["bias"].as<float>().data();
  float* first = tensors["first"].as<float>().data();
  float* second = tensors["second"].as<float>().data();
  const BiasStep step(c);
  const std::int64_t tokens = c.tokens;
  return make_launch([=] {
    if (counts_here) {
      std::int32_t* mine = partial->data();
      Kokkos::parallel_for("bias_balance/cpu",
                           Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>>(0, chunks),
                           [=](std::int64_t chunk) {
                             const std::int64_t at = chunk * choices_a_chunk;
                             count_chunk(choice + at, std::min(choices_a_chunk, tokens - at),
                                         mine + chunk * copies * bins, bins);
                           });
      Kokkos::fence();
      for (std::int64_t e = 0; e < bins; ++e) {
        count[e] = 0;
        for (std::int64_t i = 0; i < chunks * copies; ++i) count[e] += mine[i * bins + e];
      }
    }
    for (std::int64_t e = 0; e + 1 < bins; ++e) step(count[e], bias[e], first[e], second[e]);
  });
}

std::optional<std::string> refusal(const BiasBalanceCase&) {
  if constexpr (Kokkos::SpaceAccessibility<Space, Kokkos::HostSpace>::accessible) {
    return std::nullopt;
  }
  return "needs a host execution space, this build's Kokkos runs on " + std::string(Space::name());
}

}  // namespace

void register_bias_balance_cpu(Registry& registry) {
  registry.add_variant<BiasBalanceCase>(
      {"kokkos/cpu", Backend::kokkos, "four private histograms a chunk of choices"}, launch,
      refusal);
}

}  // namespace kernelgate
