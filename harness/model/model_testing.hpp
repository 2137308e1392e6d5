// Helpers for the tests of the model on kernels: a synthetic model on a backend, and its parts.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/kernel_model.hpp"
#include "reference/model.hpp"
#include "reference/precision.hpp"
#include "reference/synthetic.hpp"

namespace kernelgate::model {

using Ids = std::vector<std::int32_t>;

/// The twelve tokens of the specification's appendix A.
inline const Ids golden_ids{2, 39, 76, 113, 150, 113, 224, 261, 298, 335, 372, 409};

/// A synthetic model whose operations run on the registry's kernels.
struct Made {
  reference::SyntheticModel synthetic;
  KernelWeights weights;
  KernelModel model;

  Made(const Registry& registry, const char* name, Dtype type = Dtype::f32,
       SkipRule skip = SkipRule::zero, Backend backend = Backend::kokkos,
       std::vector<std::string> variants = {}, const Quantisation& quantisation = {},
       NativeDevice* device = nullptr)
      : synthetic(reference::synthetic_model(name, type)),
        weights(synthetic.config, synthetic.weights, type, skip == SkipRule::drop,
                {.how = quantisation}),
        model(synthetic.config, weights, skip,
              Operations(registry, backend, backend == Backend::kokkos, std::move(variants),
                         device)) {}

  /// Logits of `ids` fed to a slot in chunks that end at `cuts` and at the end.
  std::vector<float> feed(SequenceStore& store, std::int64_t slot, const Ids& ids,
                          std::vector<std::size_t> cuts = {}, bool may_roll_back = false) {
    std::vector<float> all;
    cuts.push_back(ids.size());
    std::size_t from = 0;
    for (const std::size_t to : cuts) {
      const SequenceChunk chunk{slot, std::span(ids).subspan(from, to - from)};
      const KernelLogits logits =
          model.forward({&chunk, 1}, store, {.may_roll_back = may_roll_back});
      all.insert(all.end(), logits.values.begin(), logits.values.end());
      from = to;
    }
    return all;
  }
  std::vector<float> one_shot(const Ids& ids) {
    SequenceStore store = model.make_store(1, static_cast<std::int64_t>(ids.size()));
    return feed(store, 0, ids);
  }
};

inline Registry all_kernels() {
  Registry registry;
  register_kernels(registry);
  return registry;
}

/// Largest difference; both must have the same length.
template <class A, class B>
double largest_difference(const A& a, const B& b) {
  if (a.size() != b.size()) return 1e300;
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double off = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(off <= most)) most = off;  // keeps a NaN
  }
  return most;
}

}  // namespace kernelgate::model
