// Constants of one step of bias_balance for its native kernel: plain numbers with the same layout
// for every compiler.
#pragma once

namespace kernelgate {

/// excess = count / tokens - share; m <- beta1 m + rest1 excess; v <- beta2 v + rest2 excess^2;
/// bias <- bias - rate (m / unbias1 / (sqrt(v / unbias2) + epsilon) + decay bias).
struct BiasBalanceStep {
  float tokens, share, rate, decay, beta1, beta2, rest1, rest2, unbias1, unbias2, epsilon;
};

}  // namespace kernelgate
