// sampling tuned for the host: threads take rows.
#include <Kokkos_Core.hpp>
#include <atomic>
#include <memory>
#include <vector>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/sampling/sampling_host.hpp"

namespace kernelgate {
namespace {

using Host = Kokkos::DefaultHostExecutionSpace;

template <class T>
SamplingRow<T> row_of(const SamplingCase& c, const TensorSet& t, std::int64_t r) {
  const auto ids = [&](const char* name, std::int64_t width) {
    return t[name].as<std::int32_t>().data() + r * width;
  };
  const std::int32_t* allowed =
      c.mask == SamplingMask::on ? ids("allowed", c.mask_words()) : nullptr;
  return {t["logits"].as<T>().data() + r * c.vocabulary,
          reinterpret_cast<const std::uint32_t*>(allowed),
          ids("stop", SamplingCase::stops),
          ids("bias_token", c.biases),
          ids("prompt", c.history / 2),
          ids("output", c.history - c.history / 2),
          t["bias_add"].as<float>().data() + r * c.biases,
          t["numbers"].as<float>().data() + r * sampling_numbers,
          ids("integers", sampling_integers),
          static_cast<std::uint64_t>(t["seed"].as<std::int64_t>()[static_cast<std::size_t>(r)]),
          c.vocabulary,
          c.real_ids(),
          SamplingCase::stops,
          c.biases,
          c.history / 2,
          c.history - c.history / 2};
}

template <class T>
std::unique_ptr<Launch> launch(const SamplingCase& c, TensorSet& tensors) {
  const std::int64_t workers = Host().concurrency();
  auto chains = std::make_shared<std::vector<SamplingHost<T>>>();
  for (std::int64_t w = 0; w < std::min(workers, c.rows); ++w) chains->emplace_back(c.vocabulary);
  return make_launch([c, chains, &tensors] {
    std::atomic<std::int64_t> next{0};
    const Kokkos::RangePolicy<Host> every_worker(0, static_cast<std::int64_t>(chains->size()));
    Kokkos::parallel_for("sampling cpu", every_worker, [&](std::int64_t worker) {
      for (std::int64_t r = next++; r < c.rows; r = next++) {
        const auto at = static_cast<std::size_t>(r);
        const SamplingAnswer answer =
            (*chains)[static_cast<std::size_t>(worker)].run(row_of<T>(c, tensors, r));
        tensors["token"].template as<std::int32_t>()[at] = answer.token;
        tensors["kept"].template as<std::int32_t>()[at] = answer.kept;
        tensors["probability"].template as<float>()[at] = answer.probability;
      }
    });
    Kokkos::fence();
  });
}

std::unique_ptr<Launch> prepare(const SamplingCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) { return launch<decltype(type)>(c, tensors); });
}

}  // namespace

void register_sampling_cpu(Registry& registry) {
  registry.add_variant<SamplingCase>(
      {"kokkos/cpu", Backend::kokkos, "host only: vector passes, then lists of what is left"},
      prepare);
}

}  // namespace kernelgate
