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

/// Parameters that differ between blocks.
struct BlockConfig {
  std::int64_t window = 0;  // 0: full attention
  double theta = 5e6;
  std::int64_t rotary_dims = 64;
  bool operator==(const BlockConfig&) const = default;
};

/// The parameters of spec 0.2, spelled out. Sizes are bounded so that no product of a tensor's
/// shape overflows.
struct ModelConfig {
  std::int64_t hidden_size = 0;
  std::int64_t num_heads = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t router_size = 0;
  std::int64_t num_experts = 0;  // real ones; entry num_experts of a router is the skip expert
  std::int64_t expert_size = 0;
  std::int64_t vocab_size = 0;
  std::int64_t max_positions = 0;  // 0: not stated
  double norm_eps = 1e-5;
  bool tied_head = true;
  std::string stated_type;  // key dtype or torch_dtype; the stored tensors take precedence
  bool legacy = false;      // half-layer config; tensor names are detected independently
  WindowRule window_rule = WindowRule::counts_current;
  std::vector<BlockConfig> blocks;

  std::int64_t num_blocks() const { return static_cast<std::int64_t>(blocks.size()); }
  std::int64_t q_size() const { return num_heads * head_dim; }
  std::int64_t kv_size() const { return num_kv_heads * head_dim; }
  std::int64_t channels() const { return q_size() + kv_size(); }
  std::int64_t lag_width() const { return kv_size() / 2; }
  bool operator==(const ModelConfig&) const = default;
};

/// Throws BadInput naming `file`, the key, and the expected and actual value. If `notices` is
/// given, adds a notice for each fact that two keys state differently.
ModelConfig parse_config(std::string_view text, const std::string& file,
                         Notices* notices = nullptr);
ModelConfig read_config(const std::filesystem::path& file, Notices* notices = nullptr);

/// The type of `stated_type`; absent if none is stated or the name is unknown.
std::optional<Dtype> stated_dtype(const ModelConfig& config);

/// Checks relations between keys: heads divide, rotary dims are even and fit, and so on.
void check_config(const ModelConfig& config, const std::string& file);

/// Keeps only the first `layers` blocks; 0 keeps all. Throws BadInput naming `source` if there are
/// fewer blocks.
void keep_layers(ModelConfig& config, std::int64_t layers, std::string_view source);

}  // namespace kernelgate::reference
