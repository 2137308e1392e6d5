// Both layouts of config.json, and what is refused with which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "reference/config.hpp"
#include "reference/synthetic.hpp"

namespace kernelgate::reference {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json native_8b() {
  const json rope = {{"rope_type", "default"}, {"partial_rotary_factor", 0.5}};
  json hybrid = rope, sliding = rope;
  hybrid["rope_theta"] = 5000000.0;
  sliding["rope_theta"] = 10000;
  return {{"model_type", "zaya"},
          {"hidden_size", 2048},
          {"num_hidden_layers", 40},
          {"num_attention_heads", 8},
          {"num_key_value_heads", 2},
          {"head_dim", 128},
          {"router_hidden_size", 256},
          {"num_experts", 16},
          {"num_experts_per_tok", 1},
          {"moe_intermediate_size", 2048},
          {"vocab_size", 262272},
          {"max_position_embeddings", 131072},
          {"rms_norm_eps", 1e-5},
          {"tie_word_embeddings", true},
          {"sliding_window", nullptr},
          {"rope_parameters", {{"hybrid", hybrid}, {"hybrid_sliding", sliding}}}};
}

json legacy_8b() {
  return {{"model_type", "zaya"},
          {"hidden_size", 2048},
          {"num_hidden_layers", 80},
          {"ffn_hidden_size", 4096},
          {"num_query_groups", 2},
          {"num_attention_heads", 8},
          {"kv_channels", 128},
          {"norm_epsilon", 1e-5},
          {"zaya_mlp_expansion", 256},
          {"moe_router_topk", 1},
          {"num_experts", 16},
          {"rope_theta", 5000000},
          {"rope_scaling", false},
          {"swa_layers", nullptr},
          {"activation_func", "swiglu"},
          {"vocab_size", 262272},
          {"max_position_embeddings", 131072},
          {"tie_word_embeddings", true}};
}

std::string text_refusal(const std::string& text) {
  try {
    parse_config(text, "config.json");
  } catch (const BadInput& e) {
    return e.what();
  }
  return "accepted";
}
std::string refusal(const json& config) { return text_refusal(config.dump()); }

TEST(NativeConfig, OfThe8BModelIsItsNamedConfig) {
  EXPECT_EQ(parse_config(native_8b().dump(), "config.json"), *named_config("8b"));
}

TEST(NativeConfig, GivesSlidingBlocksTheirWindowAndTheta) {
  json c = native_8b();
  c["num_hidden_layers"] = 2;
  c["layer_types"] = {"hybrid_sliding", "hybrid"};
  c["sliding_window"] = 4096;
  const ModelConfig config = parse_config(c.dump(), "config.json");
  EXPECT_EQ(config.blocks[0], (BlockConfig{4096, 1e4, 64}));
  EXPECT_EQ(config.blocks[1], (BlockConfig{0, 5e6, 64}));
  EXPECT_EQ(config.window_rule, WindowRule::counts_current);
}

TEST(NativeConfig, MayGiveOneRopeForAllLayerTypes) {
  json c = native_8b();
  c["rope_parameters"] = {{"rope_theta", 1e6}, {"partial_rotary_factor", 0.25}};
  EXPECT_EQ(parse_config(c.dump(), "config.json").blocks[39], (BlockConfig{0, 1e6, 32}));
}

TEST(NativeConfig, TurnsTheWholeHeadWhenRopeParametersLeaveTheFactorOut) {
  json c = native_8b();
  c["partial_rotary_factor"] = 0.5;  // outside rope_parameters: does not count
  c["rope_parameters"] = {{"rope_theta", 1e6}};
  EXPECT_EQ(parse_config(c.dump(), "config.json").blocks[0], (BlockConfig{0, 1e6, 128}));
}

TEST(LegacyConfig, OfThe8BModelMeansTheSameModel) {
  ModelConfig expected = *named_config("8b");
  expected.legacy = true;
  expected.window_rule = WindowRule::keys_before;
  EXPECT_EQ(parse_config(legacy_8b().dump(), "config.json"), expected);
}

TEST(LegacyConfig, WithListsAHalfLayerTakesTheirLengthAndValues) {
  json c = legacy_8b();
  c["num_hidden_layers"] = 120;  // the lists count
  c["num_attention_heads"] = 16;
  c["zaya_layers"] = {"a", 16, "a", 16};
  c["cca_num_q_heads"] = {8, 0, 8, 0};
  c["ffn_hidden_size_list"] = {0, 4096, 0, 4096};
  c["zaya_mlp_expansion"] = {0, 256, 0, 256};
  c.erase("ffn_hidden_size");
  const ModelConfig config = parse_config(c.dump(), "config.json");
  EXPECT_EQ(config.num_blocks(), 2);
  EXPECT_EQ(config.num_heads, 8);
  EXPECT_EQ(config.expert_size, 2048);
  EXPECT_EQ(config.router_size, 256);
}

TEST(LegacyConfig, TakesWindowsFromEvenHalfLayers) {
  json c = legacy_8b();
  c["num_hidden_layers"] = 4;
  c["swa_layers"] = {4096, 0, 0, 0};
  c["swa_rotary_base"] = 10000;
  const ModelConfig config = parse_config(c.dump(), "config.json");
  EXPECT_EQ(config.blocks[0], (BlockConfig{4096, 1e4, 64}));
  EXPECT_EQ(config.blocks[1], (BlockConfig{0, 5e6, 64}));
  EXPECT_EQ(config.window_rule, WindowRule::keys_before);
}

TEST(Config, RefusalNamesFileKeyExpectedAndGot) {
  json c = native_8b();
  c["hidden_size"] = "wide";
  EXPECT_EQ(refusal(c),
            "config.json: key 'hidden_size': expected a whole number from 1 to 1048576, "
            "got \"wide\"");
  c.erase("hidden_size");
  EXPECT_EQ(refusal(c),
            "config.json: key 'hidden_size': expected a whole number from 1 to 1048576, "
            "got nothing");
}

TEST(Config, EveryNumberMissingIllTypedOrOutOfRangeIsRefusedByName) {
  const std::pair<json, std::vector<const char*>> layouts[] = {
      {native_8b(),
       {"hidden_size", "num_hidden_layers", "num_attention_heads", "head_dim",
        "num_key_value_heads", "num_experts", "vocab_size"}},
      {legacy_8b(),
       {"hidden_size", "num_hidden_layers", "num_attention_heads", "kv_channels", "ffn_hidden_size",
        "num_query_groups", "num_experts", "vocab_size"}}};
  for (const auto& [whole, keys] : layouts) {
    for (const std::string key : keys) {
      json c = whole;
      for (const json& bad : {json(0), json(-3), json(1.5), json(UINT64_MAX), json(1LL << 50),
                              json(nullptr), json("8"), json(json::object())}) {
        c[key] = bad;
        EXPECT_THAT(refusal(c), HasSubstr("config.json: key '" + key + "': expected")) << bad;
      }
      c.erase(key);
      EXPECT_THAT(refusal(c), HasSubstr("key '" + key + "'"));
    }
  }
}

TEST(Config, OtherArchitecturesAreRefused) {
  const std::pair<const char*, json> other[] = {
      {"num_experts_per_tok", 2}, {"moe_router_topk", 2},       {"cca_time0", 4},
      {"attention_bias", true},   {"lm_head_bias", true},       {"hidden_act", "gelu"},
      {"model_type", "mamba"},    {"zaya_use_mod", false},      {"zaya_use_eda", false},
      {"clamp_temp", true},       {"gated_linear_unit", false}, {"cca_time1", 3}};
  for (const auto& [key, value] : other) {
    json c = native_8b();
    c[key] = value;
    EXPECT_THAT(refusal(c), HasSubstr("key '" + std::string(key) + "'"));
  }
}

TEST(Config, RelationsBetweenKeysAreChecked) {
  const std::pair<const char*, json> bad[] = {
      {"num_key_value_heads", 3},
      {"head_dim", 3},
      {"layer_types", {"hybrid"}},
      {"layer_types", {{"hybrid", 7}}},
      {"layer_types", std::vector<std::string>(40, "mamba")},
      {"layer_types", std::vector<std::string>(40, "hybrid_sliding")},  // no window
      {"rope_parameters", json::object()},
      {"rope_parameters", 7},
      {"rope_parameters", {{"rope_theta", 0}}},
      {"rms_norm_eps", -1},
      {"tie_word_embeddings", 1},
      {"rope_parameters", {{"rope_theta", 1}, {"partial_rotary_factor", 1.5}}},
      {"rope_parameters", {{"rope_theta", 1}, {"rope_type", "yarn"}}}};
  for (const auto& [key, value] : bad) {
    json c = native_8b();
    c[key] = value;
    EXPECT_THAT(refusal(c), HasSubstr("config.json: ")) << key << value;
  }
}

TEST(Config, TextThatIsNoConfigIsRefused) {
  EXPECT_THAT(text_refusal(""), HasSubstr("expected JSON"));
  EXPECT_THAT(text_refusal("[1,2]"), HasSubstr("expected a JSON object, got array"));
  EXPECT_THAT(text_refusal("{}"), HasSubstr("router_hidden_size"));
  EXPECT_THAT(text_refusal(R"({"a":1,"a":2})"), HasSubstr("key 'a' occurs twice"));
  EXPECT_THAT(text_refusal(std::string(100000, '[')), HasSubstr("nested"));
  EXPECT_THAT(text_refusal("{\"hidden_size\":\"\xff\"}"), HasSubstr("expected JSON"));
  EXPECT_THROW(read_config("/nonexistent/config.json"), BadInput);
  EXPECT_THROW(read_config("/"), BadInput);
}

}  // namespace
}  // namespace kernelgate::reference
