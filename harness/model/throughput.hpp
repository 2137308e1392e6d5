// Prefill and decode throughput of a model on kernels, per cell: tokens per second, the limit set
// by the machine's bandwidth and FLOP rate, and a breakdown of the time.
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
  std::int64_t context = 0;  // context tokens of each sequence
  std::int64_t steps = 0;    // tokens generated for each sequence

  bool is_prefill() const { return prompt > 0; }
  /// "pp512", "tg16 b1 c4096".
  std::string name() const;
  std::int64_t tokens() const { return is_prefill() ? prompt : batch * steps; }
  std::int64_t capacity() const { return is_prefill() ? prompt : context + steps; }
  bool operator==(const ThroughputCell&) const = default;
};

/// The minimum that a cell must move and compute (spec 2.4): weights once per pass, experts only if
/// hit (a skip reads none), keys and values of every pass's context, 2 flops per multiply-add.
struct PassWork {
  std::int64_t bytes = 0, flops = 0;
};
/// `passes` forward passes with `tokens` tokens in total; `rows` rows of logits; `pairs` query-key
/// pairs of all full and sliding layers together; `kv_bytes` cache bytes read and written.
PassWork min_work(const reference::ModelConfig& config, Dtype type,
                  const Quantisation& quantisation, std::int64_t passes, std::int64_t tokens,
                  std::int64_t rows, const ExpertHits& hits, std::int64_t pairs,
                  std::int64_t kv_bytes);
/// (query, visible key) pairs of `tokens` new tokens after `context`, summed over layers.
std::int64_t attention_pairs(const reference::ModelConfig& config, std::int64_t context,
                             std::int64_t tokens);

/// One repetition of a cell.
struct ThroughputRun {
  double seconds = 0;
  std::optional<bool> disturbed;  // absent if the system does not report it
  PassWork work;
  ExpertHits hits;
  std::map<std::string, KernelTime, std::less<>> kernels;  // by operation
  OffloadCounts offload;  // of file-backed experts; "expert_load" of kernels is its time

  /// Time outside all operations: embedding, gathering and appending rows, the loop.
  double unexplained() const;
};

/// Memory that a cell needs besides the weights, in bytes: cache, fixed state, work space, logits.
std::int64_t cell_memory(const reference::ModelConfig& config, Dtype type,
                         const ThroughputCell& cell);

/// Runs a cell once on its own store. The context of a decode is filled with deterministic numbers,
/// not computed. A prefill computes logits of the last position only. Tokens are drawn from the
/// seed, so every repetition does the same work.
ThroughputRun run_cell(KernelModel& model, const ThroughputCell& cell, std::uint64_t seed);

/// The grid: prefill of 128 to 16,384 tokens, decode of 1 to 32 sequences at contexts of 128 to
/// 16,384. If not `full`: only the cells that an 8B model on a small host finishes in minutes.
std::vector<ThroughputCell> throughput_grid(bool full);

}  // namespace kernelgate::model
