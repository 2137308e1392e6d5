// Checkpoints under both sets of names, in one file and in several, whole and damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "reference/checkpoint.hpp"
#include "reference/legacy_names.hpp"
#include "reference/tests/golden.hpp"
#include "reference/tests/temporary_folder.hpp"

namespace kernelgate::reference {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json native_t0() {
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

json legacy_t0() {
  return {{"hidden_size", 64},      {"num_hidden_layers", 4}, {"num_attention_heads", 8},
          {"num_query_groups", 2},  {"head_dim", 16},         {"zaya_mlp_expansion", 16},
          {"num_experts", 4},       {"vocab_size", 512},      {"ffn_hidden_size", 128},
          {"rope_theta", 5000000.0}};  // twice the real heads, as some releases have it
}

TensorMap native_tensors() { return synthetic_tensors(*named_config("t0"), false); }

/// The original name of a native tensor, written down here a second time, the other way round.
std::string legacy_name(std::string name) {
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

TensorMap legacy_tensors() {
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

void write(const TemporaryFolder& folder, const json& config, const TensorMap& tensors) {
  folder.write("config.json", config.dump());
  write_safetensors(folder.path() / "model.safetensors", tensors);
}

std::vector<double> logits_of(const TemporaryFolder& folder) {
  const Checkpoint c = load_checkpoint(folder.path());
  return golden_logits(Model(c.config, c.weights, Precision::f64())).values;
}

std::string refusal(const TemporaryFolder& folder) {
  try {
    load_checkpoint(folder.path());
  } catch (const BadInput& e) {
    return e.what();
  }
  return "accepted";
}

const std::vector<double>& golden() {
  static const std::vector<double> values = golden_logits(golden_model("t0")).values;
  return values;
}

TEST(Checkpoint, UnderNativeNamesGivesTheGoldenLogits) {
  const TemporaryFolder folder;
  write(folder, native_t0(), native_tensors());
  EXPECT_EQ(logits_of(folder), golden());
}

TEST(Checkpoint, UnderOriginalNamesGivesTheSameLogits) {
  const TemporaryFolder folder;
  write(folder, legacy_t0(), legacy_tensors());
  EXPECT_EQ(logits_of(folder), golden());
  EXPECT_EQ(load_checkpoint(folder.path()).config.num_heads, 4);
}

TEST(Checkpoint, OfOriginalNamesHasTheCountedTensors) {  // 2483 for 40 blocks of 16 experts
  const ModelConfig c = *named_config("8b");
  std::int64_t count = 0;
  for (const TensorName& t : tensor_names(c)) {
    count += t.name.find(".experts.") == std::string::npos ? 1 : c.num_experts;
  }
  EXPECT_EQ(count, 2483);
}

TEST(Checkpoint, WithTheNamesOfThe74BReleaseIsUnderstood) {
  EXPECT_EQ(native_name("model.layers.3.smoe_block.router.down_proj.bias", 2),
            "model.layers.1.mlp.gate.down_proj.bias");
  EXPECT_EQ(native_name("model.layers.3.smoe_block.experts.local_experts.11.linear_fc2.weight", 2),
            "model.layers.1.mlp.experts.11.down_proj");
  for (const char* odd : {"model.layers.", "model.layers.x.input_norm.weight", "model.layers.1",
                          "model.layers.99999999999999999999.input_norm.weight", "",
                          "model.layers.1.zaya_block.experts.local_experts.linear_fc1.weight"}) {
    EXPECT_EQ(native_name(odd, 2), odd);
  }
}

TEST(Checkpoint, InSeveralFilesIsJoinedByItsIndex) {
  const TemporaryFolder folder;
  const TensorMap all = native_tensors();
  TensorMap parts[2];
  json where;
  int turn = 0;
  for (const auto& [name, tensor] : all.tensors) {
    parts[turn % 2].tensors[name] = tensor;
    where[name] = "part-" + std::to_string(turn++ % 2) + ".safetensors";
  }
  for (int i = 0; i < 2; ++i) {
    write_safetensors(folder.path() / ("part-" + std::to_string(i) + ".safetensors"), parts[i]);
  }
  folder.write("config.json", native_t0().dump());
  const auto index = [&](const json& map) {
    folder.write("model.safetensors.index.json", json{{"weight_map", map}}.dump());
  };
  index(where);
  EXPECT_EQ(logits_of(folder), golden());
  json other = where;
  other["model.norm.weight"] = "../part-0.safetensors";
  index(other);
  EXPECT_THAT(refusal(folder), HasSubstr("expected the name of a file beside the index"));
  other["model.norm.weight"] = "part-7.safetensors";
  index(other);
  EXPECT_THAT(refusal(folder), HasSubstr("model.norm.weight"));
  other = where;
  other["ghost"] = "part-0.safetensors";
  index(other);
  EXPECT_THAT(refusal(folder), HasSubstr("tensor 'ghost': expected in part-0.safetensors"));
  other = where;
  other.erase("model.norm.weight");
  index(other);
  EXPECT_THAT(refusal(folder), HasSubstr("places it nowhere"));
}

TEST(Checkpoint, DamagedIsRefusedByTensorName) {
  const TemporaryFolder folder;
  const auto with = [&](const auto& change) {
    TensorMap map = native_tensors();
    change(map.tensors);
    write(folder, native_t0(), map);
    return refusal(folder);
  };
  const std::string norm = "model.norm.weight";
  EXPECT_THAT(with([&](auto& t) { t.erase(norm); }),
              HasSubstr("expected a tensor 'model.norm.weight' of shape [64], got none"));
  EXPECT_THAT(with([&](auto& t) {
                t[norm].shape = {8, 8};
              }),
              HasSubstr("tensor 'model.norm.weight': expected shape [64], got [8,8]"));
  EXPECT_THAT(with([&](auto& t) { t["model.extra"] = t[norm]; }),
              HasSubstr("tensor 'model.extra' of shape [64] has no place"));
  std::vector<float> bad(64, 1);
  bad[37] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(
      with([&](auto& t) { t[norm].values = Values(bad); }),
      HasSubstr("tensor 'model.norm.weight': expected finite numbers, got nan at index 37"));
  bad[37] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(with([&](auto& t) { t[norm].values = Values(bad); }),
              HasSubstr("got inf at index 37"));
  const std::vector<std::int32_t> whole(64, 1);
  EXPECT_THAT(with([&](auto& t) { t[norm].values = Values(whole); }),
              HasSubstr("expected floating-point numbers, got i32"));
}

TEST(Checkpoint, OfWrongSizesOrFilesIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal(folder), HasSubstr("config.json"));
  folder.write("config.json", native_t0().dump());
  EXPECT_THAT(refusal(folder), HasSubstr("got neither"));
  json wide = native_t0();
  wide["hidden_size"] = 1048576;
  wide["vocab_size"] = 134217728;
  write(folder, wide, native_tensors());
  EXPECT_THAT(refusal(folder), HasSubstr("expected shape [134217728,1048576], got [512,64]"));
  EXPECT_THROW(load_checkpoint(folder.path() / "config.json"), BadInput);
  EXPECT_THROW(load_checkpoint(folder.path() / "nowhere"), BadInput);
}

TEST(Synthetic, WideModelsGetNarrowerWeightsAndUnknownNamesAList) {
  const ModelConfig wide = *named_config("8b");
  for (const TensorName& t : tensor_names(wide)) {
    const SyntheticRange plain = synthetic_range(t, false), scaled = synthetic_range(t, true);
    double expected = 1;
    if (t.name.ends_with("q_proj.weight") || t.name.ends_with("embed_tokens.weight") ||
        t.name.ends_with("gate_up_proj")) {
      expected = std::sqrt(64.0 / 2048);
    } else if (t.name.ends_with("conv_qk_grouped.weight")) {
      expected = std::sqrt(16.0 / 128);
    } else if (t.name.ends_with("fc1.weight") || t.name.ends_with("out_proj.weight")) {
      expected = std::sqrt(16.0 / 256);
    } else if (t.shape.size() != 1 && !t.name.ends_with("depthwise.weight")) {
      continue;
    }
    EXPECT_DOUBLE_EQ(scaled.scale, plain.scale * expected) << t.name;
    EXPECT_EQ(scaled.off, plain.off);
  }
  EXPECT_THROW(synthetic_model("9b"), BadInput);
}

}  // namespace
}  // namespace kernelgate::reference
