// The model against the outputs of another implementation on checkpoints that it wrote. The
// directories under tests/oracle/data are loaded like a user's.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>

#include "harness/core/synthetic_folder.hpp"
#include "reference/checkpoint.hpp"
#include "reference/json_fields.hpp"
#include "reference/model.hpp"
#include "reference/tests/recorder.hpp"

namespace kernelgate::reference {
namespace {

namespace fs = std::filesystem;

const fs::path data = fs::path(KERNELGATE_TEST_DATA) / "oracle" / "data";
constexpr double allowed = 1e-4;  // f32 against f32 over a whole model

std::vector<std::int32_t> ids_of(const nlohmann::json& list) {
  return list.get<std::vector<std::int32_t>>();
}

class Outside : public testing::TestWithParam<std::string> {
 protected:
  Outside()
      : directory(data / GetParam()),
        checkpoint(load_checkpoint(directory)),
        model(checkpoint.config, checkpoint.weights),
        expected(read_safetensors(directory / "expected.safetensors")) {
    std::ifstream in(directory / "expected.json");
    about = nlohmann::json::parse(in);
  }

  void expect_tensor(const std::string& name, std::span<const double> got, std::int64_t from = 0) {
    ASSERT_TRUE(expected.tensors.contains(name)) << name;
    const Values& want = expected.tensors[name].values;
    ASSERT_LE(from + static_cast<std::int64_t>(got.size()), want.size()) << name;
    double worst = 0;
    std::size_t where = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double off = std::abs(got[i] - want[from + static_cast<std::int64_t>(i)]);
      if (!(off <= worst)) worst = off, where = i;
    }
    EXPECT_LE(worst, allowed) << name << " at " << from + static_cast<std::int64_t>(where)
                              << ": got " << got[where];
  }

  std::vector<double> in_pieces(const std::vector<std::int32_t>& ids,
                                const std::vector<std::int64_t>& sizes, State& state) {
    std::vector<double> all;
    auto rest = std::span(ids);
    for (const std::int64_t size : sizes) {
      const auto count = static_cast<std::size_t>(size);
      const Logits l = model.forward(TokenBatch::single(rest.first(count)), state);
      all.insert(all.end(), l.values.begin(), l.values.end());
      rest = rest.subspan(count);
    }
    EXPECT_TRUE(rest.empty());
    return all;
  }

  fs::path directory;
  Checkpoint checkpoint;
  Model model;
  TensorMap expected;
  nlohmann::json about;
};

/// RoPE keys beside the per-layer-type objects change nothing in transformers 5.23 (probe_files.py,
/// stated_twice).
TEST_P(Outside, AgreesOnLogitsWhateverStandsBesideTheRopeOfALayerType) {
  const synthetic::Folder folder;
  for (const auto& file : fs::directory_iterator(directory)) {
    fs::copy_file(file, folder.path() / file.path().filename());
  }
  std::ifstream in(directory / "config.json");
  nlohmann::json config = nlohmann::json::parse(in);
  config["rope_parameters"]["rope_theta"] = 777.0;
  config["rope_parameters"]["partial_rotary_factor"] = 1.0;
  config["rope_parameters"]["rope_type"] = "yarn";
  fs::remove(folder.path() / "config.json");
  folder.write("config.json", config.dump());
  const Checkpoint changed = load_checkpoint(folder.path());
  EXPECT_EQ(changed.config, checkpoint.config);
  EXPECT_GE(changed.notices.size(), 3);
  const Model same(changed.config, changed.weights);
  State state = same.empty_state(1);
  expect_tensor("logits",
                same.forward(TokenBatch::single(ids_of(about["input_ids"])), state).values);
}

TEST_P(Outside, AgreesOnLogitsAndEveryIntermediateOfOnePass) {
  Recorder seen;
  State state = model.empty_state(1);
  const Logits logits = model.forward(TokenBatch::single(ids_of(about["input_ids"])), state,
                                      {.slots = {}, .observer = &seen});
  expect_tensor("logits", logits.values);
  expect_tensor("final_norm", seen.final_norm);
  expect_tensor("residual", seen.input);
  const auto& c = model.config();
  for (std::size_t i = 0; i < seen.blocks.size(); ++i) {
    const BlockTrace& b = seen.blocks[i];
    const auto block = static_cast<std::int64_t>(i);
    const auto size = static_cast<std::int64_t>(b.residual.size());
    expect_tensor("residual", b.residual, (block + 1) * size);
    expect_tensor("attention_output", b.attention, block * size);
    expect_tensor("moe_input", b.moe_input, block * size);
    expect_tensor("moe_output", b.moe, block * size);
    const auto tokens = static_cast<std::int64_t>(b.routing.size());
    for (std::int64_t t = 0; t < tokens; ++t) {
      const Routing<double>& r = b.routing[static_cast<std::size_t>(t)];
      const std::int64_t at = block * tokens + t;
      EXPECT_EQ(expected.tensors["router_choice"].values[at], static_cast<double>(r.choice))
          << "block " << i << " token " << t << " margin " << r.margin;
      expect_tensor("router_state", r.state, at * c.router_size);
      expect_tensor("router_probabilities", r.probability, at * (c.num_experts + 1));
      const double weight = r.choice == c.num_experts ? 0 : r.weight;
      expect_tensor("router_weight", std::vector<double>{weight}, at);
    }
  }
}

TEST_P(Outside, AgreesOnCachedDecodeAndTheStateItLeaves) {
  State state = model.empty_state(1);
  const auto sizes = about["decode"]["sizes"].get<std::vector<std::int64_t>>();
  expect_tensor("decode_logits", in_pieces(ids_of(about["input_ids"]), sizes, state));
  const auto& c = model.config();
  for (std::size_t i = 0; i < state.slots[0].blocks.size(); ++i) {
    const BlockState& b = state.slots[0].blocks[i];
    const auto channels = static_cast<std::size_t>(c.channels());
    std::vector<double> columns;  // [C,2], older first
    for (std::size_t ch = 0; ch < channels; ++ch) {
      columns.push_back(b.u[b.u.size() - 2 * channels + ch]);
      columns.push_back(b.u[b.u.size() - channels + ch]);
    }
    const auto block = static_cast<std::int64_t>(i);
    expect_tensor("conv_state", columns, block * 2 * c.channels());
    const auto width = static_cast<std::size_t>(c.lag_width());
    expect_tensor("lag_state", std::span(b.lag).last(width), block * c.lag_width());
  }
}

TEST_P(Outside, AgreesOnChunkedPrefill) {
  State state = model.empty_state(1);
  const auto sizes = about["chunks"]["sizes"].get<std::vector<std::int64_t>>();
  expect_tensor("chunk_logits", in_pieces(ids_of(about["input_ids"]), sizes, state));
}

TEST_P(Outside, AgreesOnALeftPaddedBatchAndItsDecode) {
  const auto& padded = about["left_padded"];
  const auto rows = padded["input_ids"].size();
  std::vector<std::int64_t> done(rows);  // real tokens fed per row
  State state = model.empty_state(static_cast<std::int64_t>(rows));
  std::size_t from = 0;
  for (const std::int64_t size : padded["sizes"].get<std::vector<std::int64_t>>()) {
    TokenBatch batch{static_cast<std::int64_t>(rows), size, {}, {}};
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t t = from; t < from + static_cast<std::size_t>(size); ++t) {
        batch.ids.push_back(padded["input_ids"][r][t].get<std::int32_t>());
        batch.mask.push_back(padded["attention_mask"][r][t].get<std::uint8_t>());
      }
    }
    const Logits logits = model.forward(batch, state);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::int64_t t = 0; t < size; ++t) {
        if (batch.mask[r * static_cast<std::size_t>(size) + static_cast<std::size_t>(t)] == 0)
          continue;
        expect_tensor("padded_logits_" + std::to_string(r),
                      logits.at(static_cast<std::int64_t>(r), t),
                      done[r]++ * model.config().vocab_size);
      }
    }
    from += static_cast<std::size_t>(size);
  }
}

std::vector<std::string> directories() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(data)) {
    if (fs::exists(entry.path() / "expected.json")) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Outside, testing::ValuesIn(directories()),
                         [](const auto& given) { return given.param; });

TEST(OutsideData, HasAtLeastTheFourKindsOfModels) { EXPECT_GE(directories().size(), 4U); }

}  // namespace
}  // namespace kernelgate::reference
