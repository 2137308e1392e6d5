// Checkpoints under both sets of names, in one file and in several, intact and damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "reference/legacy_names.hpp"
#include "reference/tests/checkpoint_files.hpp"

namespace kernelgate::reference {
namespace {

using testing::HasSubstr;

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
