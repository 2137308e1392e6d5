// Tests writing, reading and judging of vectors: correct outputs pass, seeded bugs fail, and
// altered files are rejected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.hpp"
#include "harness/records/synthetic.hpp"
#include "harness/vectors/model_vectors.hpp"
#include "harness/vectors/vector_check.hpp"
#include "reference/safetensors.hpp"
#include "reference/synthetic.hpp"

namespace kernelgate {
namespace {

using reference::TensorMap;
using ::testing::HasSubstr;

const std::vector<std::int32_t> prompt{2, 39, 76, 113, 5, 20};

const Registry& registry() {
  static const Registry all = [] {
    Registry r;
    register_kernels(r);
    return r;
  }();
  return all;
}

const reference::Model& t1() {
  static const reference::Model model = [] {
    reference::SyntheticModel made = reference::synthetic_model("t1");
    return reference::Model(made.config, std::move(made.weights));
  }();
  return model;
}

/// Outputs of an engine as tensors that own their numbers.
class Answers {
 public:
  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           std::vector<float> numbers) {
    map_.tensors[name] = {shape, Values(owned_.emplace_back(std::move(numbers)))};
  }
  /// Adds the outputs of a perfect f32 engine for every vector of the file.
  void add_references(const VectorFile& file) {
    for (const VectorHead& head : file.heads()) {
      for (const NumericReference& reference_values : file.reference_values(head).numeric) {
        for (const TensorSpec& spec : head.specs) {
          if (spec.name != reference_values.tensor) continue;
          std::vector<float> out(static_cast<std::size_t>(spec.count()), 0);
          for (std::size_t i = 0; i < reference_values.value.size(); ++i) {
            out[reference_values.at.empty() ? i
                                            : static_cast<std::size_t>(reference_values.at[i])] =
                static_cast<float>(reference_values.value[i]);
          }
          if (spec.type == Dtype::i64) add_whole(head.id + "/" + spec.name, spec.shape, out);
          if (spec.type == Dtype::f32) add(head.id + "/" + spec.name, spec.shape, std::move(out));
        }
      }
    }
  }
  std::vector<float>& numbers(const std::string& name) {
    for (std::vector<float>& own : owned_) {
      if (reinterpret_cast<const std::byte*>(own.data()) == map_.tensors.at(name).values.bytes()) {
        return own;
      }
    }
    throw std::runtime_error("no " + name);
  }
  std::string write(const synthetic::Folder& folder) const {
    const auto file = folder / "answers.safetensors";
    reference::write_safetensors(file, map_);
    return file.string();
  }

 private:
  void add_whole(const std::string& name, const std::vector<std::int64_t>& shape,
                 const std::vector<float>& numbers) {
    auto& own = whole_.emplace_back(numbers.begin(), numbers.end());
    map_.tensors[name] = {shape, Values(own)};
  }

  TensorMap map_;
  std::list<std::vector<float>> owned_;
  std::list<std::vector<std::int64_t>> whole_;
};

VectorFile reread(const VectorFile& file, const synthetic::Folder& folder) {
  file.write(folder / "v.safetensors");
  return VectorFile::read(folder / "v.safetensors");
}

VectorFile model_file(const synthetic::Folder& folder) {
  VectorFile file;
  const ModelVectorCounts counts = add_model_vectors(file, t1(), reference::SkipRule::zero, prompt);
  EXPECT_GT(counts.tokens, counts.undecided);
  return reread(file, folder);
}

std::map<std::string, CheckResult> judge_all(const VectorFile& file, const std::string& answers) {
  const EngineOutputs outputs({answers});
  outputs.require_known(file.heads());
  std::map<std::string, CheckResult> results;
  for (const VectorHead& head : file.heads()) {
    results[head.id] = check_vector(registry(), file, head, engine_variant("test", outputs, head));
  }
  return results;
}

TEST(ModelVectors, TakeAPerfectEngineAndRefuseOneElementBeyondItsBudget) {
  const synthetic::Folder folder;
  const VectorFile file = model_file(folder);
  Answers answers;
  answers.add_references(file);
  for (const auto& [id, result] : judge_all(file, answers.write(folder))) {
    EXPECT_EQ(result.status, Status::passed) << id << "\n" << result.message;
    EXPECT_GT(result.checked, 0) << id;
  }
  for (const VectorHead& head : file.heads()) {
    const NumericReference reference_values = file.reference_values(head).numeric.back();
    if (reference_values.error_bound.empty()) continue;
    Answers wrong;
    wrong.add_references(file);
    std::size_t i = 0;  // the largest element: those of a skipped token are exactly 0
    for (std::size_t k = 0; k < reference_values.value.size(); ++k) {
      if (std::abs(reference_values.value[k]) > std::abs(reference_values.value[i])) i = k;
    }
    const std::size_t at =
        reference_values.at.empty() ? i : static_cast<std::size_t>(reference_values.at[i]);
    wrong.numbers(head.id + "/" + reference_values.tensor)[at] += static_cast<float>(
        2 * reference_values.error_bound[i] + 1e-6 * std::abs(reference_values.value[i]));
    const auto results = judge_all(file, wrong.write(folder));
    for (const auto& [id, result] : results) {
      EXPECT_EQ(result.status, id == head.id ? Status::incorrect : Status::passed) << id;
    }
    EXPECT_THAT(results.at(head.id).message,
                HasSubstr("worst    " + reference_values.tensor + "["));
  }
}

/// The scalar model rounds to f32 after every stage: a correct engine with other code.
class Trace final : public reference::Observer {
 public:
  void on_block(const reference::ChunkPlace&, std::int64_t,
                const reference::BlockTrace& trace) override {
    blocks.push_back(trace);
  }
  std::vector<reference::BlockTrace> blocks;
};

TEST(ModelVectors, HoldTheScalarModelsOwnStagesInsideBudgetsThatAreNarrow) {
  const synthetic::Folder folder;
  const VectorFile file = model_file(folder);
  Trace trace;
  reference::State state = t1().empty_state(1);
  t1().forward(reference::TokenBatch::single(prompt), state,
               {.slots = {}, .logits = reference::LogitsFor::last_token, .observer = &trace});
  int compared = 0;
  for (const VectorHead& head : file.heads()) {
    const bool attention = head.id.ends_with("/attention"), moe = head.id.ends_with("/moe");
    if (!attention && !moe) continue;
    const auto layer = static_cast<std::size_t>(std::stoi(head.id.substr(13)));
    const NumericReference reference_values = file.reference_values(head).numeric.back();
    const std::vector<double>& got =
        attention ? trace.blocks[layer].attention : trace.blocks[layer].moe;
    double largest = 0, widest = 0;
    for (std::size_t i = 0; i < reference_values.value.size(); ++i) {
      const std::size_t at =
          reference_values.at.empty() ? i : static_cast<std::size_t>(reference_values.at[i]);
      EXPECT_LE(std::abs(got[at] - reference_values.value[i]), reference_values.error_bound[i])
          << head.id << " " << at;
      largest = std::max(largest, std::abs(reference_values.value[i]));
      widest = std::max(widest, reference_values.error_bound[i]);
      ++compared;
    }
    EXPECT_LT(widest, 0.01 * largest) << head.id;  // a wrong term of one hundredth is detected
  }
  EXPECT_GT(compared, 100);
}

TEST(ModelVectors, SayThatAnEngineGaveNothing) {
  const synthetic::Folder folder;
  const VectorFile file = model_file(folder);
  Answers answers;
  answers.add("model/layers.0/input_norm/normed", file.heads()[0].specs[1].shape,
              std::vector<float>(static_cast<std::size_t>(file.heads()[0].specs[1].count()), 0));
  const auto results = judge_all(file, answers.write(folder));
  EXPECT_EQ(results.at("model/layers.0/input_norm").status, Status::incorrect);
  EXPECT_EQ(results.at("model/layers.0/attention").status, Status::unsupported);
  EXPECT_THAT(results.at("model/layers.0/attention").message, HasSubstr("gave no output"));
}

constexpr const char* linear_axes = "tokens=2,out=96,in=128,f32";

VectorFile linear_file(const synthetic::Folder& folder, std::uint64_t seed = 1) {
  VectorFile file;
  const auto shape = registry().find("linear").parse(linear_axes);
  EXPECT_FALSE(add_kernel_vector(file, *shape, DataMode::exact, seed, 1 << 20));
  EXPECT_FALSE(add_kernel_vector(file, *shape, DataMode::real, seed, 1 << 20));
  EXPECT_TRUE(add_kernel_vector(file, *shape, DataMode::real, seed, 100));  // too large
  return reread(file, folder);
}

TEST(KernelVectors, TakeAPerfectEngineAndRefuseAStaleElement) {
  const synthetic::Folder folder;
  const VectorFile file = linear_file(folder);
  ASSERT_EQ(file.heads().size(), 2U);
  Answers answers;
  answers.add_references(file);
  const std::string exact = file.heads()[0].id, real = file.heads()[1].id;
  auto results = judge_all(file, answers.write(folder));
  EXPECT_EQ(results.at(exact).status, Status::passed) << results.at(exact).message;
  EXPECT_EQ(results.at(real).status, Status::passed);
  std::vector<float>& y = answers.numbers(real + "/y");
  y[3] = y[2];
  results = judge_all(file, answers.write(folder));
  EXPECT_EQ(results.at(exact).status, Status::passed);
  EXPECT_EQ(results.at(real).status, Status::incorrect);
  EXPECT_THAT(results.at(real).message, HasSubstr("y[0,3]"));
}

/// Replaces one tensor's first number in the file.
void alter(const std::filesystem::path& file, const std::string& tensor) {
  TensorMap map = reference::read_safetensors(file);
  auto bytes = std::make_shared<std::vector<std::byte>>(
      map.tensors.at(tensor).values.bytes(),
      map.tensors.at(tensor).values.bytes() +
          map.tensors.at(tensor).values.size() * size_bytes(map.tensors.at(tensor).values.type()));
  (*bytes)[2] ^= std::byte{1};
  auto& values = map.tensors.at(tensor).values;
  values = Values(values.type(), bytes->data(), values.size());
  const std::filesystem::path other = file.string() + ".new";
  reference::write_safetensors(other, map);
  std::filesystem::rename(other, file);
}

TEST(KernelVectors, AreRefusedWhenInputsOrExpectedOutputsWereAltered) {
  for (const std::string part : {"/in/x", "/want/y", "/budget/y"}) {
    const synthetic::Folder folder;
    const VectorFile whole = linear_file(folder);
    Answers answers;
    answers.add_references(whole);
    alter(folder / "v.safetensors", whole.heads()[1].id + part);
    const VectorFile file = VectorFile::read(folder / "v.safetensors");
    EXPECT_THROW(judge_all(file, answers.write(folder)), BadInput) << part;
  }
}

TEST(EngineOutputs, RefuseUnknownNamesAndOtherShapes) {
  const synthetic::Folder folder;
  const VectorFile file = linear_file(folder);
  Answers misspelled;
  misspelled.add("linear/tokens=7/y", {1}, {0});
  EXPECT_THROW(EngineOutputs({misspelled.write(folder)}).require_known(file.heads()), BadInput);
  Answers shorter;
  shorter.add(file.heads()[0].id + "/y", {1}, {0});
  EXPECT_THROW(EngineOutputs({shorter.write(folder)}).check_shapes(file.heads()[0]), BadInput);
}

TEST(VectorFile, RefusesWhatIsNone) {
  const synthetic::Folder folder;
  const auto file = folder / "v.safetensors";
  synthetic::write_all(file, "not a safetensors file");
  EXPECT_THROW(VectorFile::read(file), BadInput);
  const auto with = [&](const char* format, const char* version, const std::string& vectors) {
    TensorMap map;
    map.metadata = {{"format", format}, {"version", version}, {"vectors", vectors}};
    reference::write_safetensors(file, map);
    return VectorFile::read(file);
  };
  EXPECT_NO_THROW(with("kernelgate-vectors", "1", "[]"));
  EXPECT_THROW(with("other", "1", "[]"), BadInput);
  EXPECT_THROW(with("kernelgate-vectors", "2", "[]"), BadInput);
  for (
      const char* heads :
      {"{", "{}", "[1]", "[{}]",
       R"([{"id":"a","kernel":"k","axes":"","data":"real","seed":1,"properties":[],"tensors":[]}])",
       R"([{"id":"a","kernel":"k","axes":"","data":"real","seed":-1,"properties":[],"tensors":[]}])",
       R"([{"id":"a","kernel":"k","axes":"","data":"real","seed":1,"properties":["p"],"tensors":
            [{"name":"x","dtype":"f32","shape":[1099511627776,1099511627776],"role":"input"}]}])",
       R"([{"id":"a","kernel":"k","axes":"","data":"real","seed":1,"properties":["p"],"tensors":
            [{"name":"x","dtype":"f32","shape":[2],"role":"input"}]}])"}) {
    EXPECT_THROW(with("kernelgate-vectors", "1", heads), BadInput) << heads;
  }
}

}  // namespace
}  // namespace kernelgate
