// The arithmetic of bias_balance: one expert's AdamW step in f32.
#pragma once

#include <Kokkos_Core.hpp>
#include <cmath>

#include "kernels/bias_balance/bias_balance.hpp"

namespace kernelgate {

/// Constants of one step in f32, made on the host: powers of beta lose nothing there.
struct BiasStep {
  float tokens, share, rate, decay, beta1, beta2, rest1, rest2, unbias1, unbias2, epsilon;

  explicit BiasStep(const BiasBalanceCase& c) {
    const double t = static_cast<double>(c.step);
    tokens = static_cast<float>(c.tokens);
    share = 1.0F / static_cast<float>(c.experts);
    rate = static_cast<float>(BiasBalanceCase::rate);
    decay = static_cast<float>(c.weight_decay());
    beta1 = static_cast<float>(BiasBalanceCase::beta1);
    beta2 = static_cast<float>(BiasBalanceCase::beta2);
    rest1 = static_cast<float>(1 - BiasBalanceCase::beta1);
    rest2 = static_cast<float>(1 - BiasBalanceCase::beta2);
    unbias1 = static_cast<float>(1 - std::pow(BiasBalanceCase::beta1, t));
    unbias2 = static_cast<float>(1 - std::pow(BiasBalanceCase::beta2, t));
    epsilon = static_cast<float>(BiasBalanceCase::epsilon);
  }

  KOKKOS_FUNCTION void operator()(std::int64_t count, float& bias, float& first,
                                  float& second) const {
    const float excess = static_cast<float>(count) / tokens - share;
    first = beta1 * first + rest1 * excess;
    second = beta2 * second + rest2 * (excess * excess);
    const float change = (first / unbias1) / (Kokkos::sqrt(second / unbias2) + epsilon);
    bias -= rate * (change + decay * bias);
  }
};

}  // namespace kernelgate
