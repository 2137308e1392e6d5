// Both layouts of config.json, and the messages of rejected configs.
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

Notices notices_of(const json& config) {
  Notices notices;
  parse_config(config.dump(), "config.json", &notices);
  return notices;
}

TEST(NativeConfig, TakesTheEntryOfALayerTypeBeforeKeysBesideIt) {
  json c = native_8b();
  c["rope_parameters"]["rope_theta"] = 777.0;
  c["rope_parameters"]["partial_rotary_factor"] = 1.0;
  EXPECT_EQ(parse_config(c.dump(), "config.json"), *named_config("8b"));
  EXPECT_THAT(
      notices_of(c),
      testing::ElementsAre("config.json: key 'rope_parameters.rope_theta' is 777.0 and key "
                           "'rope_parameters.hybrid.rope_theta' is 5000000.0; "
                           "'rope_parameters.hybrid' alone is used",
                           HasSubstr("'rope_parameters.partial_rotary_factor' is 1.0 and key "
                                     "'rope_parameters.hybrid.partial_rotary_factor' is 0.5")));
}

TEST(NativeConfig, SaysNothingOfKeysBesideTheEntriesThatAgree) {
  json c = native_8b();
  c["rope_parameters"]["rope_type"] = "default";  // as in the published 8B file
  c["rope_parameters"]["rope_theta"] = 5000000;
  EXPECT_EQ(parse_config(c.dump(), "config.json"), *named_config("8b"));
  EXPECT_THAT(notices_of(c), testing::IsEmpty());
}

TEST(NativeConfig, NeedsTheEntryOfALayerTypeWhereOthersHaveOne) {
  json c = native_8b();
  c["rope_parameters"].erase("hybrid");
  c["rope_parameters"]["rope_theta"] = 777.0;
  EXPECT_THAT(refusal(c),
              HasSubstr("key 'rope_parameters.hybrid': expected an object, got nothing"));
}

TEST(NativeConfig, RefusesAScaledRopeUnderEitherNameOfItsKind) {
  for (const char* key : {"rope_type", "type"}) {
    json c = native_8b();
    c["rope_parameters"]["hybrid"].erase("rope_type");
    c["rope_parameters"]["hybrid"][key] = "yarn";
    EXPECT_THAT(refusal(c), HasSubstr(std::string("hybrid.") + key + "': expected 'default'"));
  }
}

TEST(Config, SaysWhichOfTwoKeysItUsedWhereTheyDiffer) {
  json c = native_8b();
  c["num_query_groups"] = 4;
  c["kv_channels"] = 128;
  c["torch_dtype"] = "float16";
  c["dtype"] = "bfloat16";
  EXPECT_EQ(parse_config(c.dump(), "config.json").num_kv_heads, 2);
  EXPECT_THAT(notices_of(c),
              testing::ElementsAre(
                  HasSubstr("'dtype' is \"bfloat16\" and key 'torch_dtype' is \"float16\""),
                  "config.json: key 'num_key_value_heads' is 2 and key 'num_query_groups' is 4; "
                  "'num_key_value_heads' is used"));
  json old = legacy_8b();
  old["head_dim"] = 64;
  old["rotary_base"] = 10000;
  EXPECT_EQ(parse_config(old.dump(), "config.json").head_dim, 64);
  EXPECT_THAT(notices_of(old), testing::ElementsAre(HasSubstr("'head_dim' is used"),
                                                    HasSubstr("'rope_theta' is used")));
}

TEST(NativeConfig, SaysWhichKeysOfTheOlderLayoutItDoesNotUse) {
  json c = native_8b();
  c["rope_theta"] = 5e6;  // equals the value in use: no notice
  c["ffn_hidden_size"] = 4096;
  c["partial_rotary_factor"] = 0.25;
  c["rotary_base"] = 77;
  c["swa_layers"] = {0, 4};
  EXPECT_EQ(parse_config(c.dump(), "config.json"), *named_config("8b"));
  EXPECT_THAT(notices_of(c),
              testing::ElementsAre(
                  HasSubstr("key 'rotary_base' is 77, which a file with native keys does not use"),
                  HasSubstr("key 'partial_rotary_factor' is 0.25"),
                  HasSubstr("key 'swa_layers' is not used")));
}

TEST(NativeConfig, RefusesARopeScalingThatScales) {
  json c = native_8b();
  c["rope_scaling"] = {{"rope_type", "default"}};
  EXPECT_EQ(parse_config(c.dump(), "config.json").num_blocks(), 40);
  c["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 4.0}};
  EXPECT_THAT(refusal(c), HasSubstr("key 'rope_scaling': expected false"));
  c["rope_scaling"] = {{"hybrid", {{"rope_theta", 1e4}}}};
  EXPECT_THAT(refusal(c), HasSubstr("key 'rope_scaling': expected false"));
}

TEST(Config, ToleratesNumbersThatAreNotFiniteUnderKeysThatNobodyReads) {
  const std::string whole = native_8b().dump();
  for (const std::string value :
       {"NaN", "Infinity", "-Infinity", "1e999", "[1, -Infinity, {\"a\": NaN}]"}) {
    std::string text = whole;
    text.insert(1, "\"initializer_range\": " + value + ", \"note\": \"NaN, \\\"Infinity\", ");
    EXPECT_EQ(parse_config(text, "config.json"), *named_config("8b")) << value;
  }
}

TEST(Config, RefusesNumbersThatAreNotFiniteWhereTheyAreUsed) {
  for (const std::string key : {"rms_norm_eps", "hidden_size", "tie_word_embeddings"}) {
    for (const std::string value : {"NaN", "Infinity", "-Infinity"}) {
      json c = native_8b();
      c.erase(key);
      std::string text = c.dump();
      text.insert(1, "\"" + key + "\": " + value + ", ");
      EXPECT_THAT(text_refusal(text), testing::AllOf(HasSubstr("key '" + key + "': expected"),
                                                     HasSubstr("got " + value)));
    }
  }
}

TEST(Config, RefusesWhatOnlyLooksLikeANumberThatIsNotFinite) {
  for (const std::string value :
       {"nan", "Nan", "+Infinity", "NaNs", "1e999x", "01e999", "1.e999", "--Infinity"}) {
    EXPECT_THAT(text_refusal("{\"a\": " + value + "}"), HasSubstr("expected JSON")) << value;
  }
  EXPECT_THAT(text_refusal("{NaN: 1}"), HasSubstr("expected JSON, got a key that is a number"));
}

TEST(NativeConfig, TurnsTheWholeHeadWhenRopeParametersLeaveTheFactorOut) {
  json c = native_8b();
  c["partial_rotary_factor"] = 0.5;  // outside rope_parameters: ignored
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
  c["num_hidden_layers"] = 120;  // the lists take precedence
  c["num_attention_heads"] = 16;
  c["zaya_layers"] = {"a", 16, "a", 16};
  c["cca_num_q_heads"] = {8, 0, 8, 0};
  c["ffn_hidden_size_list"] = {0, 4096, 0, 4096};
  c["zaya_mlp_expansion"] = {0, 256, 0, 256};
  c.erase("ffn_hidden_size");
  EXPECT_THAT(
      notices_of(c),
      testing::ElementsAre(HasSubstr("'cca_num_q_heads' gives 8 heads and key "
                                     "'num_attention_heads' is 16"),
                           HasSubstr("gives 4 half-layers and key 'num_hidden_layers' is 120")));
  const ModelConfig config = parse_config(c.dump(), "config.json");
  EXPECT_EQ(config.num_blocks(), 2);
  EXPECT_EQ(config.num_heads, 8);
  EXPECT_EQ(config.expert_size, 2048);
  EXPECT_EQ(config.router_size, 256);
}

TEST(LegacyConfig, WithListsOfDifferentLengthsIsRefused) {
  json c = legacy_8b();
  c["cca_num_q_heads"] = {8, 0, 8, 0};
  c["ffn_hidden_size_list"] = {0, 4096};
  EXPECT_THAT(refusal(c), HasSubstr("key 'ffn_hidden_size_list': expected as many entries as "
                                    "'cca_num_q_heads' has, which is 4"));
}

TEST(LegacyConfig, TakesARopeScalingThatScalesNothing) {
  json c = legacy_8b();
  c["rope_scaling"] = {{"rope_type", "default"}};
  EXPECT_EQ(parse_config(c.dump(), "config.json").num_blocks(), 40);
  for (const json& scaled : {json{{"type", "linear"}, {"factor", 2}}, json::object(), json(true)}) {
    c["rope_scaling"] = scaled;
    EXPECT_THAT(refusal(c), HasSubstr("key 'rope_scaling': expected false")) << scaled;
  }
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
      {"layer_types", std::vector<std::string>(40, "hybrid_sliding")},  // without a window
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
