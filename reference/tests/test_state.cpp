// State is a value: chunks, slots, padding, rollback and files do not change a number.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "harness/core/error.hpp"
#include "harness/core/temporary_folder.hpp"
#include "reference/batch.hpp"
#include "reference/tests/golden.hpp"
#include "reference/tests/recorder.hpp"

namespace kernelgate::reference {
namespace {

using Ids = std::vector<std::int32_t>;

std::span<const std::int32_t> ids(std::size_t from, std::size_t count) {
  return std::span(golden_ids).subspan(from, count);
}

void feed(const Model& model, State& state, std::span<const std::int32_t> tokens,
          std::vector<double>& logits) {
  if (tokens.empty()) return;
  const Logits l = model.forward(TokenBatch::single(tokens), state);
  logits.insert(logits.end(), l.values.begin(), l.values.end());
}

TEST(Chunks, EverySplitInTwoAndInSinglesGivesTheBitsOfOnePass) {
  const Model model = golden_model("t1");
  const Logits whole = golden_logits(model);
  for (std::size_t cut = 1; cut < 12; ++cut) {
    State state = model.empty_state(1);
    std::vector<double> logits;
    feed(model, state, ids(0, cut), logits);
    feed(model, state, ids(cut, 12 - cut), logits);
    EXPECT_EQ(logits, whole.values) << "cut before token " << cut;
  }
  State state = model.empty_state(1);
  std::vector<double> logits;
  for (std::size_t t = 0; t < 12; ++t) feed(model, state, ids(t, 1), logits);
  EXPECT_EQ(logits, whole.values);
}

TEST(Chunks, EverySplitInThreeStaysWithinSinglePrecision) {
  const Logits whole = golden_logits(golden_model("t1"));
  const Model model = golden_model("t1", Precision::f32());
  for (std::size_t a = 1; a < 11; ++a) {
    for (std::size_t b = a + 1; b < 12; ++b) {
      State state = model.empty_state(1);
      std::vector<double> logits;
      feed(model, state, ids(0, a), logits);
      feed(model, state, ids(a, b - a), logits);
      feed(model, state, ids(b, 12 - b), logits);
      for (std::size_t i = 0; i < logits.size(); ++i) {
        ASSERT_NEAR(logits[i], whole.values[i], 1e-4) << a << " " << b;
      }
    }
  }
}

TEST(Slots, RowsOfABatchAreWhatTheyAreAlone) {
  const Model model = golden_model("t1");
  const Logits whole = golden_logits(model);
  State state = model.empty_state(5);
  const double poison = std::numeric_limits<double>::quiet_NaN();
  for (BlockState& b : state.slots[1].blocks) b.u.assign(b.u.size(), poison);  // detects any access
  const State before = state;
  // Slots 4, 0 and 2 in this order; the fourth row is a pad row.
  TokenBatch batch{4, 4, {}, {}};
  for (const std::size_t from : {0U, 4U, 8U, 0U}) {
    for (const std::int32_t id : ids(from, 4)) batch.ids.push_back(id);
  }
  const Logits logits = model.forward(batch, state, {.slots = {4, 0, 2, -1}});
  for (std::int64_t row = 0; row < 3; ++row) {
    State alone = model.empty_state(1);
    std::vector<double> expected;
    feed(model, alone, ids(static_cast<std::size_t>(4 * row), 4), expected);
    for (std::int64_t t = 0; t < 4; ++t) {
      const auto got = logits.at(row, t);
      EXPECT_TRUE(std::equal(got.begin(), got.end(), expected.begin() + t * 512));
    }
    const std::size_t slot = row == 0 ? 4 : row == 1 ? 0 : 2;
    EXPECT_EQ(state.slots[slot], alone.slots[0]);
  }
  EXPECT_EQ(state.slots[3], before.slots[3]);
  for (const double x : state.slots[1].blocks[0].u) EXPECT_TRUE(std::isnan(x));
  for (const double x : logits.at(3, 0)) EXPECT_EQ(x, 0);

  // Slot 4 continues its sequence in a different row than before.
  const auto next = ids(4, 8);
  TokenBatch more{2, 8, Ids(16), {}};
  std::copy(next.begin(), next.end(), more.ids.begin() + 8);
  const Logits rest = model.forward(more, state, {.slots = {-1, 4}});
  EXPECT_TRUE(std::equal(rest.at(1, 7).begin(), rest.at(1, 7).end(), whole.at(0, 11).begin()));
}

TEST(Slots, AReusedSlotStartsFresh) {
  const Model model = golden_model("t1");
  State state = model.empty_state(1);
  model.forward(TokenBatch::single(ids(0, 7)), state);
  state.slots[0] = SequenceState(model.config());
  std::vector<double> logits;
  feed(model, state, golden_ids, logits);
  EXPECT_EQ(logits, golden_logits(model).values);
}

TEST(Padding, OnTheLeftChangesNoNumber) {
  const Model model = golden_model("t1");
  const Logits whole = golden_logits(model);
  for (std::int64_t pads = 1; pads <= 3; ++pads) {
    const auto length = 9 + pads;
    TokenBatch batch{2, length, {}, {}};
    for (std::int64_t t = 0; t < pads; ++t) batch.ids.push_back(0), batch.mask.push_back(0);
    for (const std::int32_t id : ids(0, 9)) batch.ids.push_back(id), batch.mask.push_back(1);
    for (std::int64_t t = 0; t < length; ++t) {
      batch.ids.push_back(golden_ids[static_cast<std::size_t>(t)]), batch.mask.push_back(1);
    }
    State state = model.empty_state(2);
    const Logits logits = model.forward(batch, state);
    for (std::int64_t t = 0; t < 9; ++t) {
      EXPECT_TRUE(std::equal(logits.at(0, pads + t).begin(), logits.at(0, pads + t).end(),
                             whole.at(0, t).begin()));
    }
    for (std::int64_t t = 0; t < length; ++t) {
      EXPECT_TRUE(
          std::equal(logits.at(1, t).begin(), logits.at(1, t).end(), whole.at(0, t).begin()));
    }
    for (const double x : logits.at(0, 0)) EXPECT_EQ(x, 0);
    EXPECT_EQ(state.slots[0].length, 9);
    // The next token of either row equals that of the unpadded sequence.
    const Logits next = model.forward({2, 1, {golden_ids[9], 0}, {}}, state);
    EXPECT_TRUE(std::equal(next.at(0, 0).begin(), next.at(0, 0).end(), whole.at(0, 9).begin()));
  }
}

TEST(Padding, OfAWholeRowTouchesNothing) {
  const Model model = golden_model("t0");
  State state = model.empty_state(1);
  const State before = state;
  const Logits logits = model.forward({1, 2, {0, 0}, {0, 0}}, state);
  EXPECT_EQ(state, before);
  EXPECT_EQ(sums(logits.values).squares, 0);
}

TEST(Padding, OnTheRightOrInsideOrLaterIsRefused) {
  const Model model = golden_model("t0");
  State state = model.empty_state(1);
  EXPECT_THROW(model.forward({1, 3, {2, 3, 0}, {1, 1, 0}}, state), BadInput);
  EXPECT_THROW(model.forward({1, 3, {0, 3, 0}, {0, 1, 0}}, state), BadInput);
  EXPECT_THROW(model.forward({1, 2, {2, 3}, {0, 7}}, state), BadInput);
  EXPECT_THROW(model.forward({1, 2, {2, 3}, {1}}, state), BadInput);
  model.forward({1, 1, {2}, {}}, state);
  EXPECT_THROW(model.forward({1, 2, {0, 3}, {0, 1}}, state), BadInput);
}

TEST(Tokens, OutsideTheVocabularyOrTheStateAreRefusedAndLeaveTheStateAlone) {
  const Model model = golden_model("t0");
  State state = model.empty_state(2);
  const State before = state;
  EXPECT_THROW(model.forward({2, 2, {1, 2, 3, 512}, {}}, state), BadInput);
  EXPECT_THROW(model.forward({2, 2, {1, 2, 3, -1}, {}}, state), BadInput);
  EXPECT_THROW(model.forward({2, 2, {1, 2, 3}, {}}, state), BadInput);
  EXPECT_THROW(model.forward({1, 1, {1}, {}}, state), BadInput);  // two slots, but none given
  EXPECT_THROW(model.forward({2, 1, {1, 2}, {}}, state, {.slots = {1, 1}}), BadInput);
  EXPECT_THROW(model.forward({2, 1, {1, 2}, {}}, state, {.slots = {0, 2}}), BadInput);
  EXPECT_THROW(model.forward({0, 0, {}, {}}, state), BadInput);
  EXPECT_EQ(state, before);
}

TEST(Rollback, OfAnyTailOfAChunkIsAsIfItWereNeverFed) {
  const Model model = golden_model("t1");
  const Logits whole = golden_logits(model);
  for (std::int64_t keep = 3; keep <= 8; ++keep) {
    State state = model.empty_state(1);
    model.forward(TokenBatch::single(ids(0, 3)), state);
    const Ids draft = {golden_ids[3], golden_ids[4], golden_ids[5], golden_ids[6], golden_ids[7]};
    model.forward(TokenBatch::single(draft), state);
    state.slots[0].truncate(keep, model.config());
    State straight = model.empty_state(1);
    model.forward(TokenBatch::single(ids(0, 3)), straight);
    if (keep > 3) {
      model.forward(TokenBatch::single(ids(3, static_cast<std::size_t>(keep) - 3)), straight);
    }
    if (keep > 3) {
      EXPECT_EQ(state, straight);
    }
    std::vector<double> rest;
    feed(model, state, ids(static_cast<std::size_t>(keep), 12 - static_cast<std::size_t>(keep)),
         rest);
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), whole.values.begin() + keep * 512)) << keep;
  }
}

TEST(Rollback, BeyondTheLastChunkIsRefused) {
  const Model model = golden_model("t0");
  State state = model.empty_state(1);
  model.forward(TokenBatch::single(ids(0, 4)), state);
  model.forward(TokenBatch::single(ids(4, 3)), state);
  EXPECT_THROW(state.slots[0].truncate(3, model.config()), BadInput);
  EXPECT_THROW(state.slots[0].truncate(8, model.config()), BadInput);
  EXPECT_NO_THROW(state.slots[0].truncate(4, model.config()));
}

TEST(StateFile, ReadsBackBitForBitAndGoesOn) {
  const Model model = golden_model("t1");
  State state = model.empty_state(2);
  model.forward(TokenBatch::single(ids(0, 5)), state, {.slots = {1}});
  const auto file =
      temporary_folder() / ("kernelgate-state-" + std::to_string(::getpid()) + ".safetensors");
  save_state(file, state, model.config());
  State back = load_state(file, model.config());
  EXPECT_EQ(back, state);
  const Logits logits = model.forward(TokenBatch::single(ids(5, 7)), back, {.slots = {1}});
  const Logits whole = golden_logits(model);
  EXPECT_TRUE(
      std::equal(logits.values.begin(), logits.values.end(), whole.values.begin() + 5 * 512));
  EXPECT_THROW(load_state(file, golden_model("t0").config()), BadInput);
  std::filesystem::remove(file);
}

TEST(PrefixCache, RestoringTheStateAtTheCutIsNeeded) {
  const Model model = golden_model("t1");
  const Logits whole = golden_logits(model);
  State prefix = model.empty_state(1);
  model.forward(TokenBatch::single(ids(0, 6)), prefix);
  const State kept = prefix;  // a copy is a snapshot
  model.forward(TokenBatch::single(ids(0, 6)), prefix);
  State restored = kept;
  std::vector<double> rest, stale;
  feed(model, restored, ids(6, 6), rest);
  EXPECT_TRUE(std::equal(rest.begin(), rest.end(), whole.values.begin() + 6 * 512));
  State without = kept;  // keys and values only; conv and lag state lost
  for (BlockState& b : without.slots[0].blocks) {
    std::fill(b.u.begin(), b.u.end(), 0);
    std::fill(b.lag.begin(), b.lag.end(), 0);
  }
  feed(model, without, ids(6, 6), stale);
  EXPECT_GT(std::abs(stale[0] - rest[0]), 1e-3);
}

TEST(Robustness, AZeroRowOfWeightsGivesFiniteLogits) {  // all-zero heads give 0, not NaN
  SyntheticModel m = synthetic_model("t0");
  TensorMap map = synthetic_tensors(m.config, false);
  const std::vector<float> zeros(64 * 64);
  for (const char* part :
       {"q_proj.weight", "k_proj.weight", "conv_qk_grouped.bias", "conv_qk_grouped.weight"}) {
    for (auto& [name, tensor] : map.tensors) {
      if (!name.ends_with(part)) continue;
      ASSERT_LE(tensor.values.size(), 64 * 64);
      tensor.values = Values(Dtype::f32, zeros.data(), tensor.values.size());
    }
  }
  for (const char* precision : {"f64", "f32", "hf-bf16", "vllm-f16"}) {
    const Model model(m.config, bind_weights(m.config, map, "zero heads"),
                      parse_precision(precision));
    Recorder seen;
    for (const double x : golden_logits(model, &seen).values) ASSERT_TRUE(std::isfinite(x));
    for (const double x : seen.blocks[1].q) ASSERT_EQ(x, 0);
  }
}

TEST(Windows, BothConventionsMeanTheSameAfterOneIsAdded) {
  SyntheticModel m = synthetic_model("t1");
  const Logits golden = golden_logits(golden_model("t1"));
  ModelConfig legacy = m.config;
  legacy.window_rule = WindowRule::keys_before;
  const Logits wider = golden_logits(Model(legacy, m.weights, Precision::f64()));
  EXPECT_NE(wider.values, golden.values);
  for (BlockConfig& b : legacy.blocks) b.window = b.window == 0 ? 0 : b.window - 1;
  EXPECT_EQ(golden_logits(Model(legacy, m.weights, Precision::f64())).values, golden.values);
}

TEST(Windows, HoldInCachedDecodeToo) {
  const Model model = golden_model("t1");
  State state = model.empty_state(1);
  std::vector<double> logits;
  feed(model, state, ids(0, 6), logits);
  for (std::size_t t = 6; t < 12; ++t) feed(model, state, ids(t, 1), logits);
  EXPECT_EQ(logits, golden_logits(model).values);
}

TEST(Logits, ForTheLastTokenAreThoseOfEveryTokensLast) {
  const Model model = golden_model("t0");
  State state = model.empty_state(1);
  const Logits last = model.forward(TokenBatch::single(golden_ids), state,
                                    {.slots = {}, .logits = LogitsFor::last_token});
  EXPECT_EQ(last.tokens, 1);
  const Logits all = golden_logits(model);
  EXPECT_TRUE(std::equal(last.values.begin(), last.values.end(), all.at(0, 11).begin()));
}

TEST(SkipRules, DropRoutesNoTokenToSkip) {
  Recorder seen;
  golden_logits(golden_model("t1", Precision::f64(), SkipRule::drop), &seen);
  for (const BlockTrace& b : seen.blocks) {
    for (const auto& r : b.routing) EXPECT_LT(r.choice, 4);
  }
}

TEST(Context, CachedTokensCountAgainstTheLongestContext) {
  SyntheticModel made = synthetic_model("t0");
  made.config.max_positions = 8;
  const Model model(made.config, made.weights, Precision::f32(), SkipRule::zero);
  State state = model.empty_state(1);
  std::vector<double> logits;
  feed(model, state, ids(0, 7), logits);
  feed(model, state, ids(7, 1), logits);
  try {
    feed(model, state, ids(8, 1), logits);
    ADD_FAILURE() << "took position 8";
  } catch (const BadInput& error) {
    EXPECT_STREQ(error.what(),
                 "tokens: row 0: a sequence of 9 tokens; expected at most 8, the model's longest "
                 "context (max_position_embeddings)");
  }
  EXPECT_EQ(state.slots[0].length, 8);
}

TEST(Context, PadsTakeNoPosition) {
  SyntheticModel made = synthetic_model("t0");
  made.config.max_positions = 3;
  const Model model(made.config, made.weights, Precision::f32(), SkipRule::zero);
  State state = model.empty_state(1);
  const TokenBatch padded{1, 5, {0, 0, 2, 39, 76}, {0, 0, 1, 1, 1}};
  EXPECT_EQ(model.forward(padded, state).tokens, 5);
  EXPECT_EQ(state.slots[0].length, 3);
}

TEST(Context, AModelThatStatesNoneTakesEveryLength) {
  ModelConfig config;
  config.vocab_size = 4;
  EXPECT_TRUE(fits_context(config, std::int64_t{1} << 40));
  config.max_positions = 512;
  EXPECT_TRUE(fits_context(config, 512));
  EXPECT_FALSE(fits_context(config, 513));
  EXPECT_NO_THROW(require_token_ids(config, Ids(512, 3), "--input-ids"));
  EXPECT_THROW(require_token_ids(config, Ids(513, 3), "--input-ids"), BadInput);
  EXPECT_THROW(require_token_ids(config, Ids{0, 4}, "--input-ids"), BadInput);
  EXPECT_THROW(require_token_ids(config, Ids{-1}, "--input-ids"), BadInput);
  EXPECT_THROW(require_token_ids(config, Ids{}, "--input-ids"), BadInput);
}

}  // namespace
}  // namespace kernelgate::reference
