#include "harness/model/throughput.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/fill.hpp"
#include "harness/core/pieces.hpp"
#include "harness/core/random.hpp"
#include "harness/model/bytes.hpp"
#include "harness/timing/watched_clock.hpp"

namespace kernelgate::model {
namespace {

/// Bytes of one layer's weights that every pass reads: all except the experts.
std::int64_t dense_bytes(const reference::ModelConfig& c, std::int64_t element,
                         const Quantisation& q) {
  const std::int64_t h = c.hidden_size, r = c.router_size;
  const auto matrix = [&](std::int64_t rows, std::int64_t columns) {
    return q.matrix_bytes(q.linears(), rows, columns, element);
  };
  const std::int64_t attention =
      matrix(c.q_size() + c.kv_size() + 2 * c.lag_width(), h) + matrix(h, c.q_size());
  const std::int64_t conv = c.channels() * (2 * c.head_dim + 4) + c.num_kv_heads;
  const std::int64_t router = r * h + 2 * r * r + (c.num_experts + 1) * (r + 1) + 5 * r;
  return attention + element * (conv + router + 10 * h);
}

/// Multiply-adds per token in one layer, without its expert and its attention.
std::int64_t dense_products(const reference::ModelConfig& c) {
  const std::int64_t h = c.hidden_size, r = c.router_size;
  return (2 * c.q_size() + c.kv_size() + 2 * c.lag_width()) * h +
         2 * c.channels() * (c.head_dim + 1) + r * h + 2 * r * r + (c.num_experts + 1) * r;
}

/// Tokens drawn from the seed, the same in every run.
std::vector<std::int32_t> drawn_tokens(std::uint64_t seed, std::int64_t count, std::int64_t v) {
  std::vector<std::int32_t> ids;
  ids.reserve(size(count));
  for (std::int64_t i = 0; i < count; ++i) {
    ids.push_back(static_cast<std::int32_t>(word_at(seed, static_cast<std::uint64_t>(i)) %
                                            static_cast<std::uint64_t>(v)));
  }
  return ids;
}

}  // namespace

std::string ThroughputCell::name() const {
  if (is_prefill()) return fmt::format("pp{}", prompt);
  return fmt::format("tg{} b{} c{}", steps, batch, context);
}

double ThroughputRun::unexplained() const {
  double rest = seconds;
  for (const auto& [operation, time] : kernels) rest -= time.seconds;
  return rest;
}

std::int64_t attention_pairs(const reference::ModelConfig& c, std::int64_t context,
                             std::int64_t tokens) {
  std::int64_t pairs = 0;
  for (std::int64_t i = 0; i < c.num_blocks(); ++i) {
    const std::int64_t window = visible_window(c, i);
    for (std::int64_t t = context + 1; t <= context + tokens; ++t) {
      pairs += window == 0 ? t : std::min(t, window);
    }
  }
  return pairs;
}

PassWork min_work(const reference::ModelConfig& c, Dtype type, const Quantisation& q,
                  std::int64_t passes, std::int64_t tokens, std::int64_t rows,
                  const ExpertHits& hits, std::int64_t pairs, std::int64_t kv_bytes) {
  const std::int64_t element = size_bytes(type), h = c.hidden_size, inter = c.expert_size;
  const std::int64_t expert = q.matrix_bytes(q.experts(), 2 * inter, h, element) +
                              q.matrix_bytes(q.experts(), h, inter, element);
  const std::int64_t head = q.matrix_bytes(q.linears(), c.vocab_size, h, element);
  PassWork w;
  w.bytes = passes * (c.num_blocks() * dense_bytes(c, element, q) + element * 3 * h) +
            hits.experts * expert + std::min(passes, rows) * head + element * tokens * h +
            4 * rows * c.vocab_size + kv_bytes;
  w.flops = 2 * (tokens * c.num_blocks() * dense_products(c) + hits.routed * 3 * h * inter +
                 rows * c.vocab_size * h) +
            4 * c.head_dim * c.num_heads * pairs;
  return w;
}

std::int64_t cell_memory(const reference::ModelConfig& c, Dtype type, const ThroughputCell& cell) {
  const std::int64_t element = size_bytes(type);
  std::int64_t rows = 0;
  for (std::int64_t i = 0; i < c.num_blocks(); ++i) {
    const std::int64_t window = visible_window(c, i);
    rows += window == 0 ? cell.capacity() : std::min(window, cell.capacity());
  }
  const std::int64_t cache = 2 * cell.batch * rows * c.kv_size() * element;
  const std::int64_t fixed = 4 * cell.batch * c.num_blocks() * (2 * c.channels() + c.lag_width());
  const std::int64_t together =
      cell.is_prefill() ? std::min(cell.prompt, KernelModel::max_tokens) : cell.batch;
  // Streams, projections, and the f32 copies of tokens that panel products pack.
  const std::int64_t work =
      together * (element * (2 * c.hidden_size + 4 * c.q_size() + 4 * c.channels()) +
                  4 * (3 * c.hidden_size + 2 * c.expert_size + 4 * c.router_size));
  return cache + fixed + work + 8 * cell.batch * c.vocab_size;
}

ThroughputRun run_cell(KernelModel& model, const ThroughputCell& cell, std::uint64_t seed) {
  const reference::ModelConfig& c = model.config();
  SequenceStore store = model.make_store(cell.batch, cell.capacity());
  const std::int64_t count = cell.is_prefill() ? cell.prompt : cell.batch * cell.steps;
  const std::vector<std::int32_t> ids = drawn_tokens(seed, count, c.vocab_size);
  if (cell.context > 0) {
    for (std::int64_t s = 0; s < cell.batch; ++s) store.fill(s, cell.context, seed + size(s));
  }
  ThroughputRun run;
  model.reset_counters();
  std::int64_t passes = 0, rows = 0, pairs = 0, kv_bytes = 0;
  const MachineWatch watch;
  WatchedClock clock(watch);
  clock.start();
  if (cell.is_prefill()) {
    const SequenceChunk chunk{0, ids};
    rows = model.forward({&chunk, 1}, store, {.every_token = false}).rows;
  } else {
    for (std::int64_t n = 0; n < cell.steps; ++n) {
      std::vector<SequenceChunk> chunks;
      chunks.reserve(size(cell.batch));
      for (std::int64_t s = 0; s < cell.batch; ++s) {
        chunks.push_back({s, std::span(ids).subspan(size(n * cell.batch + s), 1)});
      }
      rows += model.forward(chunks, store, {.every_token = false}).rows;
    }
  }
  clock.stop();
  run.seconds = clock.total().seconds;
  run.disturbed = clock.total().disturbed;
  run.hits = model.expert_hits();
  run.kernels = model.operations().times();
  if (model.offload() != nullptr) {
    run.offload = model.offload()->counts();
    run.kernels["expert_load"] = {run.offload.seconds, run.offload.misses, ""};
  }
  if (cell.is_prefill()) {
    passes = pieces(cell.prompt, KernelModel::max_tokens);
    pairs = attention_pairs(c, 0, cell.prompt);
    kv_bytes = store.kv_bytes(cell.prompt);  // written once; a longer prompt reads parts again
  } else {
    passes = cell.steps;
    pairs = cell.batch * attention_pairs(c, cell.context, cell.steps);
    for (std::int64_t n = 1; n <= cell.steps; ++n) {
      kv_bytes += cell.batch * store.kv_bytes(cell.context + n);
    }
  }
  run.work = min_work(c, model.type(), model.quantisation(), passes, cell.tokens(), rows, run.hits,
                      pairs, kv_bytes);
  return run;
}

std::vector<ThroughputCell> throughput_grid(bool full) {
  std::vector<ThroughputCell> grid;
  const auto prefill = [&](std::int64_t prompt) { grid.push_back({.prompt = prompt}); };
  const auto decode = [&](std::int64_t batch, std::int64_t context, std::int64_t steps) {
    grid.push_back({.batch = batch, .context = context, .steps = steps});
  };
  if (!full) {
    for (const std::int64_t prompt : {128, 512, 2048}) prefill(prompt);
    for (const std::int64_t context : {128, 2048, 16384}) decode(1, context, 16);
    for (const std::int64_t batch : {8, 32}) decode(batch, 2048, 4);
    return grid;
  }
  for (std::int64_t prompt = 128; prompt <= 16384; prompt *= 2) prefill(prompt);
  for (std::int64_t batch = 1; batch <= 32; batch *= 2) {
    for (std::int64_t context = 128; context <= 16384; context *= 2) {
      decode(batch, context, batch == 1 ? 32 : 8);
    }
  }
  return grid;
}

}  // namespace kernelgate::model
