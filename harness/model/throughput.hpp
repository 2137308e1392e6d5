// Prefill and decode of a model on kernels, cell by cell: tokens a second against what the
// machine's bandwidth and peak allow, and where the time went.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/expert_offload.hpp"
#include "harness/model/kernel_model.hpp"

namespace kernelgate::model {

/// One cell of the grid, named as llama-bench names its tests.
struct ThroughputCell {
  std::int64_t prompt = 0;   // tokens of a prefill; 0: a decode
  std::int64_t batch = 1;    // sequences of a decode
  std::int64_t context = 0;  // tokens that each already holds
  std::int64_t steps = 0;    // tokens generated for each sequence

  bool is_prefill() const { return prompt > 0; }
  /// "pp512", "tg16 b1 c4096".
  std::string name() const;
  std::int64_t tokens() const { return is_prefill() ? prompt : batch * steps; }
  std::int64_t capacity() const { return is_prefill() ? prompt : context + steps; }
  bool operator==(const ThroughputCell&) const = default;
};

/// What a cell must move and compute at least (spec 2.4): weights once a pass, experts by those
/// that were hit (a skip reads none), keys and values of every pass' context, 2 flops a
/// multiply-add.
struct PassWork {
  std::int64_t bytes = 0, flops = 0;
};
/// `passes` forward passes of `tokens` tokens in all; `rows` rows of logits; `pairs` query-key
/// pairs of all full and sliding layers together, `kv_bytes` cache bytes read and written.
PassWork least_work(const reference::ModelConfig& config, Dtype type,
                    const Quantisation& quantisation, std::int64_t passes, std::int64_t tokens,
                    std::int64_t rows, const ExpertHits& hits, std::int64_t pairs,
                    std::int64_t kv_bytes);
/// Of `tokens` new tokens behind `context`: (query, visible key) pairs, summed over layers.
std::int64_t attention_pairs(const reference::ModelConfig& config, std::int64_t context,
                             std::int64_t tokens);

/// One repetition of a cell.
struct ThroughputRun {
  double seconds = 0;
  std::optional<bool> disturbed;  // absent where the system does not show it
  PassWork work;
  ExpertHits hits;
  std::map<std::string, KernelTime, std::less<>> kernels;  // by operation
  OffloadCounts offload;  // of experts that lie in a file; "expert_load" of kernels is its time

  /// What no operation accounts for: embedding, gathering and appending rows, the loop.
  double unexplained() const;
};

/// Memory that a cell needs beside the weights, in bytes: cache, fixed state, work space, logits.
std::int64_t cell_memory(const reference::ModelConfig& config, Dtype type,
                         const ThroughputCell& cell);

/// Runs a cell once, on a store of its own. The context of a decode is filled with deterministic
/// numbers, not computed; prefill gives logits of the last position alone. Tokens are drawn from
/// the seed, so that every repetition does the same.
ThroughputRun run_cell(KernelModel& model, const ThroughputCell& cell, std::uint64_t seed);

/// The grid: prefill 128 to 16,384 tokens, decode of 1 to 32 sequences at contexts of 128 to
/// 16,384. Not `full`: the cells that an 8B model on a small host does in minutes.
std::vector<ThroughputCell> throughput_grid(bool full);

}  // namespace kernelgate::model
