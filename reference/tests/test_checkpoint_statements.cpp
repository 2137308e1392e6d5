// Checkpoints whose files state a fact twice, contain more than is read, or are of another kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "reference/tests/checkpoint_files.hpp"

namespace kernelgate::reference {
namespace {

using testing::HasSubstr;

/// The embedding rows of T0 in reverse order: used as head, row v gives the logit of token 511 - v.
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
  // Reordering rows may change the last bit of a vectorised sum.
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

/// T0 in two files: the norm in an overlay, all else in a base file to which `change` is applied.
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

/// The bytes of a file with one more tensor: eight bytes of an unsupported type.
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

}  // namespace
}  // namespace kernelgate::reference
