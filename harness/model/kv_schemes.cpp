#include "harness/model/kv_schemes.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace kernelgate::model {
namespace {

constexpr std::int64_t wide_head = 128, latent = 512, latent_rotary = 64, queries_a_kv_head = 4;

/// Cached positions, summed over all layers.
std::int64_t positions(const reference::ModelConfig& c, std::int64_t tokens) {
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < c.num_blocks(); ++i) {
    const std::int64_t window = visible_window(c, i);
    sum += window == 0 ? tokens : std::min(tokens, window);
  }
  return sum;
}

/// The model with the kv heads of the scheme, for the cache only.
reference::ModelConfig with_numbers(reference::ModelConfig c, const KvScheme& scheme) {
  c.head_dim = std::min(wide_head, scheme.numbers / 2);
  c.num_kv_heads = scheme.numbers / 2 / c.head_dim;
  return c;
}

KvAllocation allocate_latent(const KvScheme& scheme, const reference::ModelConfig& c, Dtype type,
                             std::int64_t tokens, bool commit) {
  PageMemory memory(positions(c, tokens) * scheme.numbers * size_bytes(type), "latent cache");
  KvAllocation a{memory.bytes(), 0, -1};
  if (commit) {
    std::memset(memory.data(), 1, static_cast<std::size_t>(memory.bytes()));
    a.committed = memory.committed();
  }
  return a;
}

}  // namespace

std::vector<KvScheme> kv_schemes(const reference::ModelConfig& c) {
  const std::int64_t heads = std::max<std::int64_t>(1, c.hidden_size / wide_head);
  const std::int64_t kv_heads = std::max<std::int64_t>(1, heads / queries_a_kv_head);
  const std::int64_t width = std::min(wide_head, c.hidden_size);
  return {{"CCGQA", fmt::format("{} kv heads x {}, keys and values", c.num_kv_heads, c.head_dim),
           2 * c.kv_size(), true},
          {"MLA", fmt::format("latent {} + {} rotary", latent, latent_rotary),
           latent + latent_rotary, false},
          {"GQA", fmt::format("{} kv heads x {} for {} query heads", kv_heads, width, heads),
           2 * kv_heads * width, false},
          {"MHA", fmt::format("{} heads x {}", heads, width), 2 * heads * width, false}};
}

KvBytes closed_form(const KvScheme& scheme, const reference::ModelConfig& c, Dtype type,
                    std::int64_t tokens) {
  const std::int64_t row = scheme.numbers * size_bytes(type);
  KvBytes b{positions(c, tokens) * row, c.num_blocks() * tokens * row, 0};
  if (scheme.fixed_state) b.fixed = 4 * c.num_blocks() * (2 * c.channels() + c.lag_width());
  return b;
}

KvAllocation allocate_kv(const KvScheme& scheme, const reference::ModelConfig& config, Dtype type,
                         std::int64_t tokens, bool commit) {
  if (scheme.name == "MLA") return allocate_latent(scheme, config, type, tokens, commit);
  const reference::ModelConfig c = scheme.fixed_state ? config : with_numbers(config, scheme);
  SequenceStore store(c, type, 1, tokens);
  KvAllocation a{store.bytes().kv_reserved, scheme.fixed_state ? store.bytes().fixed : 0, -1};
  if (commit) {
    store.fill(0, tokens, 1);
    a.committed = store.bytes().kv_committed;
  }
  return a;
}

std::string lost_saving(const KvBytes& expected, const KvAllocation& got,
                        const reference::ModelConfig& config) {
  if (got.cache != expected.cache) {
    return fmt::format("cache: got {} bytes, expected {}", got.cache, expected.cache);
  }
  if (got.fixed != expected.fixed) {
    return fmt::format("fixed state: got {} bytes, expected {}", got.fixed, expected.fixed);
  }
  const std::int64_t slack = 4 * config.num_blocks() * sysconf(_SC_PAGESIZE);
  if (got.committed >= 0 &&
      (got.committed < expected.cache || got.committed > expected.cache + slack)) {
    return fmt::format("pages: got {} bytes, expected {} and at most {} more", got.committed,
                       expected.cache, slack);
  }
  return {};
}

}  // namespace kernelgate::model
