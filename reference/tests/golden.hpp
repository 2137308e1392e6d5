// The golden values of the specification's appendix A: T0 and T1 with generated weights.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "reference/model.hpp"
#include "reference/synthetic.hpp"

namespace kernelgate::reference {

inline const std::vector<std::int32_t> golden_ids = {2,   39,  76,  113, 150, 113,
                                                     224, 261, 298, 335, 372, 409};

inline Model golden_model(const char* name, Precision precision = Precision::f64(),
                          SkipRule skip = SkipRule::zero) {
  SyntheticModel m = synthetic_model(name);
  return Model(m.config, m.weights, precision, skip);
}

/// Logits of the golden ids, computed in one pass.
inline Logits golden_logits(const Model& model, Observer* observer = nullptr) {
  State state = model.empty_state(1);
  return model.forward(TokenBatch::single(golden_ids), state, {.slots = {}, .observer = observer});
}

inline std::vector<std::int32_t> argmaxes(const Logits& logits, std::int64_t row = 0) {
  std::vector<std::int32_t> all;
  all.reserve(static_cast<std::size_t>(logits.tokens));
  for (std::int64_t t = 0; t < logits.tokens; ++t) all.push_back(logits.argmax(row, t));
  return all;
}

struct Sums {
  double sum = 0, squares = 0;
};
inline Sums sums(std::span<const double> x) {
  Sums s;
  for (const double v : x) {
    s.sum += v;
    s.squares += v * v;
  }
  return s;
}

}  // namespace kernelgate::reference
