// Selects the tokens of an experts case that are judged.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/expert_gemm/expert_gemm.hpp"

namespace kernelgate {

/// All tokens when cheap, else the sampled ones and each expert's first and last, ascending.
std::vector<std::int64_t> judged_tokens(const ExpertGemmCase& c, const Tensor& choice,
                                        std::uint64_t key);

}  // namespace kernelgate
