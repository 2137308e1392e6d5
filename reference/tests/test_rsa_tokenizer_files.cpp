// Tokens that files add to a SentencePiece model, and their encoding and decoding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/core/synthetic_folder.hpp"
#include "reference/rsa/tokenizer_files.hpp"

namespace kernelgate::rsa {
namespace {

using reference::Notices;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Ids = std::vector<std::int32_t>;

/// One id per letter: a is 0, d is 3.
class Letters : public Tokenizer {
 public:
  std::int64_t size() const override { return 4; }
  std::optional<std::int32_t> bos() const override { return std::nullopt; }
  std::optional<std::int32_t> eos() const override { return std::nullopt; }
  std::optional<std::int32_t> id_of(std::string_view piece) const override {
    if (piece.size() != 1 || piece[0] < 'a' || piece[0] > 'd') return std::nullopt;
    return piece[0] - 'a';
  }
  Ids encode(std::string_view text) const override {
    Ids ids;
    for (const char c : text) ids.push_back(id_of(std::string_view(&c, 1)).value());
    return ids;
  }
  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const std::int32_t id : ids) text += static_cast<char>('a' + id);
    return text;
  }
};

constexpr const char* tokenizer_json = R"({
  "added_tokens": [
    {"id": 0, "content": "a", "special": true},
    {"id": 5, "content": "<end>", "special": true},
    {"id": 6, "content": "<tool>", "special": false},
    {"id": 7, "content": "<tool>>", "special": false}],
  "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "d": 3}, "merges": []}})";

TEST(TokenizerFiles, TellHowManyIdsThereAre) {
  const TokenizerFiles files = parse_tokenizer_json(tokenizer_json, "c/tokenizer.json");
  EXPECT_EQ(files.vocabulary, 4);
  EXPECT_EQ(files.size(), 8);
  EXPECT_THAT(files.sources, ElementsAre("tokenizer.json"));
  // A list of pieces, as in unigram models.
  EXPECT_EQ(
      parse_tokenizer_json(R"({"model": {"vocab": [["<unk>", 0.0], ["a", -1.5]]}})", "f").size(),
      2);
  EXPECT_EQ(parse_added_tokens_json(R"({"<x>": 262144})", "f").size(), 262145);
  EXPECT_EQ(
      parse_tokenizer_config(R"({"added_tokens_decoder": {"9": {"content": "<y>"}}})", "f").size(),
      10);
  EXPECT_THAT(parse_tokenizer_config(R"({"chat_template": "x"})", "f").sources, IsEmpty());
}

TEST(TokenizerFiles, AreJoinedWhereTheyAgreeAndRefusedWhereTheyDoNot) {
  const synthetic::Folder folder;
  EXPECT_EQ(read_tokenizer_files(folder.path()).size(), 0);
  folder.write("tokenizer.json", tokenizer_json);
  folder.write("added_tokens.json", R"({"<end>": 5, "<more>": 9})");
  const TokenizerFiles files = read_tokenizer_files(folder.path());
  EXPECT_EQ(files.size(), 10);
  EXPECT_THAT(files.sources, ElementsAre("tokenizer.json", "added_tokens.json"));
  folder.write("added_tokens.json", R"({"<end>": 6})");
  EXPECT_THAT(
      [&] { read_tokenizer_files(folder.path()); },
      testing::ThrowsMessage<BadInput>(
          "added_tokens.json: token '<end>' has id 6, but tokenizer.json gives id 6 to '<tool>'"));
  folder.write("added_tokens.json", R"({"<end>": 8})");
  EXPECT_THAT([&] { read_tokenizer_files(folder.path()); },
              testing::ThrowsMessage<BadInput>(HasSubstr("tokenizer.json gives id 5 to '<end>'")));
}

TEST(TokenizerFiles, ThatAreNoneAreRefusedByName) {
  for (const char* text :
       {"[]", "{\"added_tokens\": 3}", "{\"added_tokens\": [{\"id\": -1, \"content\": \"x\"}]}",
        "{\"added_tokens\": [{\"id\": 1}]}", "{\"model\": {\"vocab\": {\"a\": \"b\"}}}"}) {
    EXPECT_THAT([&] { parse_tokenizer_json(text, "tokenizer.json"); },
                testing::ThrowsMessage<BadInput>(HasSubstr("tokenizer.json: ")))
        << text;
  }
  EXPECT_THROW(parse_added_tokens_json(R"({"x": 2147483647})", "f"), BadInput);
  EXPECT_THROW(parse_tokenizer_config(R"({"added_tokens_decoder": {"x": {"content": "y"}}})", "f"),
               BadInput);
}

TEST(AddedTokens, GoInAndComeOutAgain) {
  Notices notices;
  const auto t = with_added_tokens(std::make_unique<Letters>(),
                                   parse_tokenizer_json(tokenizer_json, "tokenizer.json"), notices);
  EXPECT_THAT(notices, IsEmpty());
  EXPECT_EQ(t->size(), 8);
  EXPECT_EQ(t->id_of("<end>"), 5);
  EXPECT_EQ(t->id_of("b"), 1);
  EXPECT_EQ(t->encode("ab<end>c<tool>>d<tool>"),
            (Ids{0, 1, 5, 2, 7, 3, 6}));                                // the longest match wins
  EXPECT_EQ(t->decode(Ids{0, 1, 5, 2, 7, 3, 6}), "abc<tool>>d<tool>");  // <end> is special
  EXPECT_EQ(t->encode(""), Ids{});
}

TEST(AddedTokens, ThatTheModelHasUnderAnotherIdAreSaid) {
  Notices notices;
  const auto t =
      with_added_tokens(std::make_unique<Letters>(),
                        parse_added_tokens_json(R"({"b": 9})", "added_tokens.json"), notices);
  EXPECT_THAT(notices, ElementsAre("added_tokens.json: token 'b' has id 9 and is piece 1 of the "
                                   "SentencePiece model; added_tokens.json is used"));
  EXPECT_EQ(t->encode("abc"), (Ids{0, 9, 2}));
}

TEST(AddedTokens, TakeThePlaceOfAPieceWithTheirId) {
  Notices notices;
  const auto t = with_added_tokens(
      std::make_unique<Letters>(),
      parse_tokenizer_json(R"({"added_tokens": [{"id": 3, "content": "<z>"}]})", "tokenizer.json"),
      notices);
  EXPECT_EQ(t->id_of("<z>"), 3);
  EXPECT_EQ(t->encode("a<z>b"), (Ids{0, 3, 1}));
  EXPECT_EQ(t->decode(Ids{0, 3, 1}), "a<z>b");
  EXPECT_EQ(t->size(), 4);
}

TEST(TokenizerFiles, NameTheTokenThatEndsASequence) {
  const TokenizerFiles text =
      parse_tokenizer_config(R"({"eos_token": "<end>"})", "c/tokenizer_config.json");
  EXPECT_EQ(text.eos, "<end>");
  EXPECT_EQ(text.eos_source, "tokenizer_config.json");
  EXPECT_EQ(
      parse_tokenizer_config(R"({"eos_token": {"content": "<end>", "lstrip": false}})", "f").eos,
      "<end>");
  EXPECT_EQ(parse_tokenizer_config(R"({"eos_token": null})", "f").eos, "");
  EXPECT_EQ(parse_tokenizer_config(R"({"eos_token": 3})", "f").eos, "");
}

TEST(AddedTokens, ThatNeedNoPlaceLeaveTheModelAsItIs) {
  Notices notices;
  auto letters = std::make_unique<Letters>();
  const Tokenizer* before = letters.get();
  const auto t =
      with_added_tokens(std::move(letters), parse_added_tokens_json(R"({"c": 2})", "f"), notices);
  EXPECT_EQ(t.get(), before);
}

}  // namespace
}  // namespace kernelgate::rsa
