// Checkpoints under both sets of names, in one file and in several, whole and damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/core/synthetic_folder.hpp"
#include "reference/checkpoint.hpp"
#include "reference/legacy_names.hpp"
#include "reference/tests/golden.hpp"

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

void write(const synthetic::Folder& folder, const json& config, const TensorMap& tensors) {
  folder.write("config.json", config.dump());
  write_safetensors(folder.path() / "model.safetensors", tensors);
}

std::vector<double> logits_of(const synthetic::Folder& folder) {
  const Checkpoint c = load_checkpoint(folder.path());
  return golden_logits(Model(c.config, c.weights, Precision::f64())).values;
}

std::string refusal(const synthetic::Folder& folder) {
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
  const synthetic::Folder folder;
  write(folder, native_t0(), native_tensors());
  EXPECT_EQ(logits_of(folder), golden());
}

TEST(Checkpoint, UnderOriginalNamesGivesTheSameLogits) {
  const synthetic::Folder folder;
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
  const synthetic::Folder folder;
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

Notices notices_of(const synthetic::Folder& folder) {
  return load_checkpoint(folder.path()).notices;
}

/// The rows of the embedding of T0 in reverse order: token v as head gives the logit of token 511 -
/// v.
std::vector<float> reversed_embedding() {
  const TensorMap map = native_tensors();
  const Values& embedding = map.tensors.at("model.embed_tokens.weight").values;
  std::vector<float> rows;
  for (std::int64_t v = 511; v >= 0; --v) {
    for (std::int64_t h = 0; h < 64; ++h) {
      rows.push_back(static_cast<float>(embedding[v * 64 + h]));
    }
  }
  return rows;
}

TEST(Checkpoint, WithATiedHeadThatDiffersUsesTheStoredHeadAndSaysSo) {
  const synthetic::Folder folder;
  const std::vector<float> head = reversed_embedding();
  TensorMap map = native_tensors();
  map.tensors["lm_head.weight"] = {{512, 64}, Values(head)};
  write(folder, native_t0(), map);
  std::vector<double> reversed;
  for (std::size_t token = 0; token < golden().size() / 512; ++token) {
    for (std::size_t v = 0; v < 512; ++v) reversed.push_back(golden()[token * 512 + 511 - v]);
  }
  // The order of rows may change the last bit of a sum in vector lanes.
  EXPECT_THAT(logits_of(folder), testing::Pointwise(testing::DoubleNear(1e-12), reversed));
  EXPECT_FALSE(load_checkpoint(folder.path()).config.tied_head);
  EXPECT_THAT(notices_of(folder), testing::ElementsAre(HasSubstr(
                                      "config.json: tie_word_embeddings is true or absent, but "
                                      "'lm_head.weight' differs from "
                                      "'model.embed_tokens.weight'; 'lm_head.weight' is used")));
}

TEST(Checkpoint, WithATiedHeadThatIsEqualSaysNothing) {
  const synthetic::Folder folder;
  TensorMap map = native_tensors();
  map.tensors["lm_head.weight"] = map.tensors.at("model.embed_tokens.weight");
  write(folder, native_t0(), map);
  EXPECT_EQ(logits_of(folder), golden());
  EXPECT_TRUE(load_checkpoint(folder.path()).config.tied_head);
  EXPECT_THAT(notices_of(folder), testing::IsEmpty());
}

TEST(Checkpoint, WithATiedHeadOfAnotherShapeIsRefused) {
  const synthetic::Folder folder;
  const std::vector<float> head(64 * 64);
  TensorMap map = native_tensors();
  map.tensors["lm_head.weight"] = {{64, 64}, Values(head)};
  write(folder, native_t0(), map);
  EXPECT_THAT(refusal(folder), HasSubstr("'lm_head.weight': expected shape [512,64], got [64,64]"));
}

/// T0 in two files: the norm in an overlay, everything else in a base file, with what `change` does
/// to the base.
template <class Change>
void write_overlay(const synthetic::Folder& folder, const Change& change) {
  TensorMap base = native_tensors(), overlay;
  json where;
  for (const auto& [name, tensor] : base.tensors) where[name] = "model-base.safetensors";
  overlay.tensors["model.norm.weight"] = base.tensors.at("model.norm.weight");
  where["model.norm.weight"] = "model-overlay.safetensors";
  change(base.tensors);
  folder.write("config.json", native_t0().dump());
  folder.write("model.safetensors.index.json", json{{"weight_map", where}}.dump());
  write_safetensors(folder.path() / "model-base.safetensors", base);
  write_safetensors(folder.path() / "model-overlay.safetensors", overlay);
}

TEST(Checkpoint, ReadsATensorFromTheShardThatTheIndexNamesAndLeavesCopiesAlone) {
  const synthetic::Folder folder;
  const std::vector<float> stale(64, 7);
  write_overlay(folder, [&](auto& base) {
    base["model.norm.weight"].values = Values(stale);
    base["optimizer.step"] = {{64}, Values(stale)};
  });
  EXPECT_EQ(logits_of(folder), golden());
  EXPECT_THAT(notices_of(folder), testing::ElementsAre(testing::AllOf(
                                      HasSubstr("model-base.safetensors: 2 tensors are left alone"),
                                      HasSubstr("'model.norm.weight', which the index places in "
                                                "model-overlay.safetensors, and others"))));
}

TEST(Checkpoint, WithAShardBesideTheIndexThatItDoesNotNameSaysSo) {
  const synthetic::Folder folder;
  write_overlay(folder, [](auto& base) { base.erase("model.norm.weight"); });
  EXPECT_THAT(notices_of(folder), testing::IsEmpty());
  folder.write("model.safetensors", "anything");
  EXPECT_EQ(logits_of(folder), golden());
  EXPECT_THAT(notices_of(folder), testing::ElementsAre(HasSubstr(
                                      "model.safetensors: left alone, because "
                                      "model.safetensors.index.json beside it names other files")));
}

/// The bytes of a file with one more tensor, of eight bytes and of a type that this project does
/// not read.
std::string with_fp8(const std::filesystem::path& file, const std::string& name) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  json header = json::parse(bytes.substr(8, length));
  const std::size_t data = bytes.size() - 8 - length;
  header[name] = {{"dtype", "F8_E4M3"}, {"shape", {8}}, {"data_offsets", {data, data + 8}}};
  const std::string text = header.dump();
  length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + text +
         bytes.substr(bytes.size() - data) + std::string(8, '\0');
}

TEST(Checkpoint, WithATypeThatIsNotReadIsRefusedOnlyWhereTheTensorCounts) {
  const synthetic::Folder folder;
  write_overlay(folder, [](auto& base) { base.erase("model.norm.weight"); });
  const auto base = folder.path() / "model-base.safetensors";
  folder.write("model-base.safetensors", with_fp8(base, "model.norm.weight"));  // a stale copy
  EXPECT_EQ(logits_of(folder), golden());
  EXPECT_THAT(notices_of(folder), testing::ElementsAre(HasSubstr("1 tensor is left alone")));

  const synthetic::Folder whole;
  TensorMap map = native_tensors();
  map.tensors.erase("model.norm.weight");
  write(whole, native_t0(), map);
  whole.write("model.safetensors",
              with_fp8(whole.path() / "model.safetensors", "model.norm.weight"));
  EXPECT_THAT(refusal(whole),
              testing::AllOf(HasSubstr("expected a tensor 'model.norm.weight'"),
                             HasSubstr("its dtype is 'F8_E4M3', expected one of F32")));
  write(whole, native_t0(), native_tensors());
  whole.write("model.safetensors", with_fp8(whole.path() / "model.safetensors", "model.scale"));
  EXPECT_THAT(refusal(whole), HasSubstr("tensor 'model.scale' has no place"));
}

TEST(Checkpoint, WithATypeThatIsNotReadInALayerThatIsNotTakenIsNotRefused) {
  const synthetic::Folder folder;
  TensorMap map = native_tensors();
  map.tensors.erase("model.layers.1.input_layernorm.weight");
  write(folder, native_t0(), map);
  const auto file = folder.path() / "model.safetensors";
  folder.write("model.safetensors", with_fp8(file, "model.layers.1.input_layernorm.weight"));
  EXPECT_EQ(load_checkpoint(folder.path(), 1).config.num_blocks(), 1);
  EXPECT_THROW(load_checkpoint(folder.path()), BadInput);
}

TEST(Checkpoint, WithoutItsFileNamesWhatIsThere) {
  const synthetic::Folder folder;
  folder.write("config.json", native_t0().dump());
  folder.write("pytorch_model.bin", "x");
  folder.write("notes.txt", "x");
  EXPECT_THAT(refusal(folder), HasSubstr("got neither; there are pytorch_model.bin"));
  std::filesystem::create_symlink("../../blobs/0", folder.path() / "model.safetensors");
  EXPECT_THAT(refusal(folder), HasSubstr("model.safetensors: cannot be read: it is a link to "
                                         "../../blobs/0, which is not there"));
}

TEST(Checkpoint, WithOneTensorUnderTwoNamesIsRefused) {
  const synthetic::Folder folder;
  TensorMap map = native_tensors();
  const std::string gate = "model.layers.0.mlp.gate.";
  map.tensors[gate + "rmsnorm_eda.weight"] = map.tensors.at(gate + "router_mlp.norm.weight");
  write(folder, native_t0(), map);
  EXPECT_THAT(refusal(folder), HasSubstr("two tensors mean '" + gate + "router_mlp.norm.weight'"));
}

TEST(Checkpoint, SaysWhereItsTensorsDecideAgainstItsConfig) {
  const synthetic::Folder folder;
  json config = legacy_t0();
  config["torch_dtype"] = "bfloat16";
  write(folder, config, legacy_tensors());
  EXPECT_THAT(
      notices_of(folder),
      testing::ElementsAre(testing::AllOf(HasSubstr("8 query heads"), HasSubstr("rows for 4")),
                           HasSubstr("'bfloat16', but the tensors are stored as f32")));
}

TEST(Checkpoint, LeavesStoredRotaryFrequenciesAlone) {
  const synthetic::Folder folder;
  TensorMap map = native_tensors();
  const std::vector<float> frequencies(4, 1);
  map.tensors["model.rotary_emb.inv_freq"] = {{4}, Values(frequencies)};
  write(folder, native_t0(), map);
  EXPECT_EQ(logits_of(folder), golden());
  EXPECT_THAT(notices_of(folder),
              testing::ElementsAre(HasSubstr("1 tensor 'inv_freq' is left alone")));
}

TEST(Checkpoint, OfAnotherKindOfFileIsDescribedByWhatItIs) {
  const synthetic::Folder folder;
  folder.write("config.json", native_t0().dump());
  folder.write("model.safetensors",
               "version https://git-lfs.github.com/spec/v1\noid sha256:00ff\nsize 17683259384\n");
  EXPECT_THAT(refusal(folder),
              HasSubstr("model.safetensors: expected a safetensors file, got a Git LFS pointer in "
                        "place of a file of 17683259384 bytes; run `git lfs pull`"));
  folder.write("config.json", "<!DOCTYPE html>\n<html></html>");
  EXPECT_THAT(refusal(folder), HasSubstr("config.json: expected JSON, got an HTML page"));
}

TEST(Checkpoint, DamagedIsRefusedByTensorName) {
  const synthetic::Folder folder;
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
  const synthetic::Folder folder;
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
