// Sizes of the published models, the proposed small model and the two golden-vector models.
#include "reference/synthetic.hpp"

namespace kernelgate::reference {

namespace {

enum class Layers { full, sliding_first };  // sliding_first: even blocks slide, odd blocks are full

struct NamedConfig {
  std::string_view name;
  std::int64_t hidden_size, blocks, heads, kv_heads, head_dim, router, experts, expert_size,
      vocabulary, positions;
  double theta;
  Layers layers;
  std::int64_t window;
};

constexpr NamedConfig named[] = {{.name = "t0",
                                  .hidden_size = 64,
                                  .blocks = 2,
                                  .heads = 4,
                                  .kv_heads = 2,
                                  .head_dim = 16,
                                  .router = 16,
                                  .experts = 4,
                                  .expert_size = 64,
                                  .vocabulary = 512,
                                  .positions = 0,
                                  .theta = 5e6,
                                  .layers = Layers::full,
                                  .window = 0},
                                 {.name = "t1",
                                  .hidden_size = 64,
                                  .blocks = 4,
                                  .heads = 4,
                                  .kv_heads = 2,
                                  .head_dim = 16,
                                  .router = 16,
                                  .experts = 4,
                                  .expert_size = 64,
                                  .vocabulary = 512,
                                  .positions = 0,
                                  .theta = 5e6,
                                  .layers = Layers::sliding_first,
                                  .window = 5},
                                 {.name = "s340",
                                  .hidden_size = 768,
                                  .blocks = 11,
                                  .heads = 6,
                                  .kv_heads = 2,
                                  .head_dim = 64,
                                  .router = 128,
                                  .experts = 16,
                                  .expert_size = 768,
                                  .vocabulary = 16384,
                                  .positions = 4096,
                                  .theta = 1e6,
                                  .layers = Layers::full,
                                  .window = 0},
                                 {.name = "8b",
                                  .hidden_size = 2048,
                                  .blocks = 40,
                                  .heads = 8,
                                  .kv_heads = 2,
                                  .head_dim = 128,
                                  .router = 256,
                                  .experts = 16,
                                  .expert_size = 2048,
                                  .vocabulary = 262272,
                                  .positions = 131072,
                                  .theta = 5e6,
                                  .layers = Layers::full,
                                  .window = 0},
                                 {.name = "74b",
                                  .hidden_size = 4096,
                                  .blocks = 60,
                                  .heads = 16,
                                  .kv_heads = 2,
                                  .head_dim = 128,
                                  .router = 256,
                                  .experts = 24,
                                  .expert_size = 4096,
                                  .vocabulary = 262272,
                                  .positions = 262144,
                                  .theta = 5e6,
                                  .layers = Layers::sliding_first,
                                  .window = 4096}};

}  // namespace

std::optional<ModelConfig> named_config(std::string_view name) {
  for (const NamedConfig& n : named) {
    if (n.name != name) continue;
    ModelConfig c;
    c.hidden_size = n.hidden_size;
    c.num_heads = n.heads;
    c.num_kv_heads = n.kv_heads;
    c.head_dim = n.head_dim;
    c.router_size = n.router;
    c.num_experts = n.experts;
    c.expert_size = n.expert_size;
    c.vocab_size = n.vocabulary;
    c.max_positions = n.positions;
    for (std::int64_t i = 0; i < n.blocks; ++i) {
      const bool sliding = n.layers == Layers::sliding_first && i % 2 == 0;
      c.blocks.push_back({.window = sliding ? n.window : 0,
                          .theta = sliding ? 1e4 : n.theta,
                          .rotary_dims = n.head_dim / 2});
    }
    return c;
  }
  return std::nullopt;
}

std::vector<std::string> config_names() {
  std::vector<std::string> all;
  for (const NamedConfig& n : named) all.emplace_back(n.name);
  return all;
}

}  // namespace kernelgate::reference
