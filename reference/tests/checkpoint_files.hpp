// Writes checkpoints of the golden model T0 as files, under native and original names.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/synthetic_folder.hpp"
#include "reference/checkpoint.hpp"
#include "reference/tests/golden.hpp"

namespace kernelgate::reference {

using nlohmann::json;

inline json native_t0() {
  return {{"hidden_size", 64},
          {"num_hidden_layers", 2},
          {"num_attention_heads", 4},
          {"num_key_value_heads", 2},
          {"head_dim", 16},
          {"router_hidden_size", 16},
          {"num_experts", 4},
          {"vocab_size", 512},
          {"moe_intermediate_size", 64},
          {"rope_parameters", {{"rope_theta", 5e6}, {"partial_rotary_factor", 0.5}}}};
}

inline json legacy_t0() {
  return {{"hidden_size", 64},      {"num_hidden_layers", 4}, {"num_attention_heads", 8},
          {"num_query_groups", 2},  {"head_dim", 16},         {"zaya_mlp_expansion", 16},
          {"num_experts", 4},       {"vocab_size", 512},      {"ffn_hidden_size", 128},
          {"rope_theta", 5000000.0}};  // twice the actual heads, as some releases state
}

inline TensorMap native_tensors() { return synthetic_tensors(*named_config("t0"), false); }

/// The original name of a native tensor: an independent inverse of native_name().
inline std::string legacy_name(std::string name) {
  const auto swap = [&](const std::string& from, const std::string& to) {
    const auto at = name.find(from);
    if (at != std::string::npos) name.replace(at, from.size(), to);
  };
  for (const int i : {0, 1}) {
    const std::string block = "model.layers." + std::to_string(i) + ".";
    const std::string attention = "model.layers." + std::to_string(2 * i) + "#";
    const std::string moe = "model.layers." + std::to_string(2 * i + 1) + "#";
    const std::string next = i == 1 ? "model#" : "model.layers." + std::to_string(2 * i + 2) + "#";
    swap(block + "input_layernorm", attention + "input_norm");
    swap(block + "self_attn", attention + "self_attn");
    swap(block + "post_attention_layernorm", moe + "input_norm");
    swap(block + "mlp.gate", moe + "zaya_block.router");
    swap(block + "post_attention_residual_scale", moe + "res_scale");
    swap(block + "post_mlp_residual_scale", next + "res_scale");
  }
  swap("#", ".");
  swap("qkv_proj.q_proj", "qkv.linear_q");
  swap("qkv_proj.k_proj", "qkv.linear_k");
  swap("qkv_proj.v_proj_current", "qkv.val_proj1");
  swap("qkv_proj.v_proj_delayed", "qkv.val_proj2");
  swap("qkv_proj.conv_qk_depthwise", "qkv.conv_qk.0");
  swap("qkv_proj.conv_qk_grouped", "qkv.conv_qk.1");
  swap("qk_norm.temp", "qkv.temp");
  swap("router_mlp.norm", "rmsnorm_eda");
  swap("router_mlp.fc1", "router_mlp.0");
  swap("router_mlp.fc2", "router_mlp.2");
  swap("router_mlp.out_proj", "router_mlp.4");
  swap("model.input_hidden", "model.layers.0.res_scale.hidden");
  swap("model.norm.weight", "model.final_norm.weight");
  return name;
}

inline TensorMap legacy_tensors() {
  const TensorMap native = native_tensors();
  TensorMap map;
  map.owners = native.owners;
  for (const auto& [name, tensor] : native.tensors) {
    const bool up = name.ends_with("experts.gate_up_proj");
    if (!up && !name.ends_with("experts.down_proj")) {
      map.tensors[legacy_name(name)] = tensor;
      continue;
    }
    const std::string half = name.starts_with("model.layers.0") ? "1" : "3";
    for (std::int64_t e = 0; e < 4; ++e) {
      const std::int64_t size = tensor.shape[1] * tensor.shape[2];
      map.tensors["model.layers." + half + ".zaya_block.experts.local_experts." +
                  std::to_string(e) + (up ? ".linear_fc1.weight" : ".linear_fc2.weight")] = {
          {tensor.shape[1], tensor.shape[2]}, tensor.values.row(e, size)};
    }
  }
  return map;
}

inline void write(const synthetic::Folder& folder, const json& config, const TensorMap& tensors) {
  folder.write("config.json", config.dump());
  write_safetensors(folder.path() / "model.safetensors", tensors);
}

inline std::vector<double> logits_of(const synthetic::Folder& folder) {
  const Checkpoint c = load_checkpoint(folder.path());
  return golden_logits(Model(c.config, c.weights, Precision::f64())).values;
}

inline std::string refusal(const synthetic::Folder& folder) {
  try {
    load_checkpoint(folder.path());
  } catch (const BadInput& e) {
    return e.what();
  }
  return "accepted";
}

inline const std::vector<double>& golden() {
  static const std::vector<double> values = golden_logits(golden_model("t0")).values;
  return values;
}

inline Notices notices_of(const synthetic::Folder& folder) {
  return load_checkpoint(folder.path()).notices;
}

}  // namespace kernelgate::reference
