// Times one layer's attention in the schemes of spec 3.8 on one machine in one run, to compare with
// the paper's "1.7 times faster at 16K".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/core/timed_span.hpp"
#include "harness/model/operations.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

/// One layer of attention at the model's width: projections, mixing (CCGQA only), up-projection of
/// the latent (MLA only), attention, output.
struct SchemeShape {
  enum class Kind { mixed, plain, latent };  // CCGQA; GQA and MHA; MLA
  std::string name;                          // "CCGQA", "MLA", "GQA", "MHA"
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  Kind kind = Kind::plain;
  std::int64_t rank = 0, rope = 0;  // latent row: rank + rope; head_dim excludes rope
};

/// CCGQA with the model's shape; GQA and MHA with H / 128 query heads; MLA with as many heads, a
/// latent of 512, 64 rotary dims, and queries of H -> heads (128 + 64) (spec 3.8).
std::vector<SchemeShape> scheme_shapes(const reference::ModelConfig& config);

/// One repetition of a scheme.
struct SchemeTime {
  TimedSpan whole;                      // of all launches
  std::map<std::string, double> parts;  // seconds by part: "projections", "mixing", "attention" …
};

/// Times a prefill of `tokens` or, if `context` is not 0, one token after that context. Only kernel
/// launches are timed, not their preparation. The parts are "projections", "mixing",
/// "up-projection", "attention" and "output". In a prefill MLA expands its latent to keys and
/// values of every head; in a decode it absorbs the up-projections into query and output. Inputs
/// are drawn. GQA, MHA and MLA omit their rotation and the latent its norm: less than a hundredth
/// of their work.
SchemeTime time_scheme(Operations& operations, const SchemeShape& shape,
                       const reference::ModelConfig& config, Dtype type, std::int64_t tokens,
                       std::int64_t context);

}  // namespace kernelgate::model
