// One layer's attention in the schemes of spec 3.8, timed on one machine in one run: what the
// paper's "1.7 times faster at 16K" comes to here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/model/operations.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

/// One layer of attention at the model's width: projections, for CCGQA the mixing, attention,
/// output.
struct SchemeShape {
  std::string name;  // "CCGQA", "GQA", "MHA"
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  bool mixes = false;  // convolutions, norm, rotation and value delay in one kernel
};

/// CCGQA as the model is, GQA and MHA with H / 128 query heads. MLA has no kernel here.
std::vector<SchemeShape> scheme_shapes(const reference::ModelConfig& config);

/// Seconds by part ("projections", "mixing", "attention", "output") of a prefill of `tokens`, or,
/// where `context` is not 0, of one token behind so many. Inputs are drawn; GQA and MHA go without
/// their rotation, which is under a hundredth of their work.
std::map<std::string, double> time_scheme(Operations& operations, const SchemeShape& shape,
                                          const reference::ModelConfig& config, Dtype type,
                                          std::int64_t tokens, std::int64_t context);

}  // namespace kernelgate::model
