// One layer's attention in the schemes of spec 3.8, timed on one machine in one run: what the
// paper's "1.7 times faster at 16K" comes to here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/core/timed_span.hpp"
#include "harness/model/operations.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

/// One layer of attention at the model's width: projections, for CCGQA the mixing, for MLA what
/// takes its latent up, attention, output.
struct SchemeShape {
  enum class Kind { mixed, plain, latent };  // CCGQA; GQA and MHA; MLA
  std::string name;                          // "CCGQA", "MLA", "GQA", "MHA"
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  Kind kind = Kind::plain;
  std::int64_t rank = 0, rope = 0;  // of a latent row; head_dim is then a head's unrotated width
};

/// CCGQA as the model is; GQA and MHA with H / 128 query heads, MLA with as many over a latent of
/// 512 and 64 rotary dims and queries of H -> heads (128 + 64) (spec 3.8).
std::vector<SchemeShape> scheme_shapes(const reference::ModelConfig& config);

/// One repetition of a scheme.
struct SchemeTime {
  TimedSpan whole;                      // of all launches
  std::map<std::string, double> parts;  // seconds by part: "projections", "mixing", "attention" …
};

/// Times a prefill of `tokens`, or, where `context` is not 0, one token behind so many: the
/// launches of its kernels, without what prepares them. The parts are "projections", "mixing",
/// "up-projection", "attention" and "output". MLA expands its latent to keys and values of every
/// head for a prefill, and absorbs the up-projections into query and output for a token. Inputs are
/// drawn; GQA, MHA and MLA go without their rotation and the latent without its norm, which are
/// under a hundredth of their work.
SchemeTime time_scheme(Operations& operations, const SchemeShape& shape,
                       const reference::ModelConfig& config, Dtype type, std::int64_t tokens,
                       std::int64_t context);

}  // namespace kernelgate::model
