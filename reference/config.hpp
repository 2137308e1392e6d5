// The sizes and rules of one model, from its config.json in either public layout (spec 1).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/dtype.hpp"
#include "kernels/cca_attention/cca_attention_reference.hpp"
#include "reference/notices.hpp"

namespace kernelgate::reference {

/// What differs from block to block.
struct BlockConfig {
  std::int64_t window = 0;  // 0: full attention
  double theta = 5e6;
  std::int64_t rotary_dims = 64;
  bool operator==(const BlockConfig&) const = default;
};

/// Names of spec 0.2 in words. Sizes are bounded so that no product of a tensor's shape overflows.
struct ModelConfig {
  std::int64_t hidden_size = 0;
  std::int64_t num_heads = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t router_size = 0;
  std::int64_t num_experts = 0;  // real ones; entry num_experts of a router is the skip expert
  std::int64_t expert_size = 0;
  std::int64_t vocab_size = 0;
  std::int64_t max_positions = 0;  // 0: not said
  double norm_eps = 1e-5;
  bool tied_head = true;
  std::string stated_type;  // key dtype or torch_dtype; the tensors decide
  bool legacy = false;      // half-layer config; tensor names are recognised on their own
  WindowRule window_rule = WindowRule::counts_current;
  std::vector<BlockConfig> blocks;

  std::int64_t num_blocks() const { return static_cast<std::int64_t>(blocks.size()); }
  std::int64_t q_size() const { return num_heads * head_dim; }
  std::int64_t kv_size() const { return num_kv_heads * head_dim; }
  std::int64_t channels() const { return q_size() + kv_size(); }
  std::int64_t lag_width() const { return kv_size() / 2; }
  bool operator==(const ModelConfig&) const = default;
};

/// Throws BadInput naming `file`, the key, what was expected and what was found. Adds a notice for
/// each fact that two keys state differently, if `notices` is given.
ModelConfig parse_config(std::string_view text, const std::string& file,
                         Notices* notices = nullptr);
ModelConfig read_config(const std::filesystem::path& file, Notices* notices = nullptr);

/// The type of `stated_type`; absent if the file states none or one that is unknown here.
std::optional<Dtype> stated_dtype(const ModelConfig& config);

/// Relations that no single key shows: heads divide, rotary dims are even and fit, and so on.
void check_config(const ModelConfig& config, const std::string& file);

/// Keeps the first `layers` blocks alone, all where that is 0. Throws BadInput naming `source` for
/// more than there are.
void keep_layers(ModelConfig& config, std::int64_t layers, std::string_view source);

}  // namespace kernelgate::reference
