// Prompt templates: their expansion, their length, rejected files, and that queries and tails are
// never searched for placeholders (S2).
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "harness/core/error.hpp"
#include "reference/rsa/prompt.hpp"

namespace kernelgate::rsa {
namespace {

using Ids = std::vector<std::int32_t>;

/// One token per byte, from 1000 on; bos is 1.
class Bytes : public Tokenizer {
 public:
  std::int64_t size() const override { return 1256; }
  std::optional<std::int32_t> bos() const override { return 1; }
  std::optional<std::int32_t> eos() const override { return 2; }
  std::optional<std::int32_t> id_of(std::string_view) const override { return std::nullopt; }
  Ids encode(std::string_view text) const override {
    Ids ids;
    for (const char c : text) ids.push_back(1000 + static_cast<unsigned char>(c));
    return ids;
  }
  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const std::int32_t id : ids) {
      if (id >= 1000) text += static_cast<char>(id - 1000);
    }
    return text;
  }
};

const Bytes bytes;

TEST(RsaPrompts, WithoutATokenizerAreTheQueryAndTheTails) {
  const Prompts prompts(default_templates(nullptr), nullptr);
  EXPECT_EQ(prompts.plain(Ids{5, 6}), (Ids{5, 6}));
  const std::vector<Ids> tails = {{1}, {}, {2, 3}};
  EXPECT_EQ(prompts.aggregate(Ids{5, 6}, tails), (Ids{5, 6, 1, 2, 3}));
  EXPECT_EQ(prompts.template_tokens(16), 0);
}

TEST(RsaPrompts, ExpandPieceByPiece) {
  const auto templates = parse_templates(
      R"({"plain": [{"ids": [1]}, "{query}", {"ids": [2, 3]}],
          "aggregate": ["{query}", {"each": [{"ids": [7]}, "{candidate}"]}, {"ids": [9]}]})",
      "file", nullptr);
  const Prompts prompts(templates, nullptr);
  EXPECT_EQ(prompts.plain(Ids{40}), (Ids{1, 40, 2, 3}));
  const std::vector<Ids> tails = {{50, 51}, {60}};
  EXPECT_EQ(prompts.aggregate(Ids{40}, tails), (Ids{40, 7, 50, 51, 7, 60, 9}));
  EXPECT_EQ(prompts.template_tokens(2), 3);
  EXPECT_EQ(prompts.template_tokens(1), 3);  // the round-0 template is the longest
  EXPECT_EQ(prompts.template_tokens(9), 10);
  EXPECT_NO_THROW(prompts.check_ids(10));
  EXPECT_THROW(prompts.check_ids(9), BadInput);
}

// S2: query and tail appear in the prompt unchanged. `expand` makes a prompt from texts.
using Expand = std::function<std::string(const std::string& query, const std::string& tail)>;

std::string braces_are_text(const Expand& expand) {
  const std::string query = "\\frac{1}{2} {} {query} {number} {0} %s";
  const std::string tail = "{candidate} \\boxed{\\frac{a}{b}} {number} {query} }{";
  try {
    const std::string prompt = expand(query, tail);
    if (prompt != "<Q:" + query + "|1:" + tail + ">") return "expanded to " + prompt;
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

std::string by_pieces(const std::string& query, const std::string& tail) {
  static const Prompts prompts(
      parse_templates(R"({"plain": ["{query}"], "aggregate": [{"text": "<Q:"}, "{query}",
          {"each": [{"text": "|"}, "{number}", {"text": ":"}, "{candidate}"]}, {"text": ">"}]})",
                      "file", &bytes),
      &bytes);
  const std::vector<Ids> tails = {bytes.encode(tail)};
  return bytes.decode(prompts.aggregate(bytes.encode(query), tails));
}

// Seeded bug: placeholders are replaced one after another in the whole text.
std::string by_replacing(const std::string& query, const std::string& tail) {
  std::string text = "<Q:{query}|{number}:{candidate}>";
  const std::pair<std::string, std::string> values[] = {
      {"{query}", query}, {"{number}", "1"}, {"{candidate}", tail}};
  for (const auto& [name, value] : values) {
    for (std::size_t at = text.find(name); at != std::string::npos;
         at = text.find(name, at + value.size())) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

// Seeded bug: the query is used as a format string.
std::string by_formatting(const std::string& query, const std::string& tail) {
  if ((query + tail).find("{}") != std::string::npos) throw std::runtime_error("too few arguments");
  return "<Q:" + query + "|1:" + tail + ">";
}

TEST(RsaPrompts, TakeBracesOfQueryAndTailsAsText) {
  EXPECT_EQ(braces_are_text(by_pieces), "");
  EXPECT_NE(braces_are_text(by_replacing), "");
  EXPECT_NE(braces_are_text(by_formatting), "");
}

TEST(RsaPrompts, WithATokenizerNumberTheAttemptsAndStartWithBos) {
  const Prompts prompts(default_templates(&bytes), &bytes);
  const std::vector<Ids> tails = {bytes.encode("AAA"), bytes.encode("BB")};
  const Ids made = prompts.aggregate(bytes.encode("QQQ"), tails);
  EXPECT_EQ(made.front(), 1);
  const std::string text = bytes.decode(made);
  EXPECT_NE(text.find("Problem:\nQQQ\n\nAttempt 1, its last part:\nAAA\n\nAttempt 2, its last "
                      "part:\nBB\n\nReasoning:\n"),
            std::string::npos)
      << text;
  // One tail: different wording, without a number.
  const std::string one = bytes.decode(prompts.aggregate(bytes.encode("Q"), std::vector<Ids>(1)));
  EXPECT_EQ(one.find("Attempt 1"), std::string::npos);
  EXPECT_NE(one.find("The attempt, its last part"), std::string::npos);
  EXPECT_EQ(prompts.template_tokens(2), static_cast<std::int64_t>(made.size()) - 3 - 3 - 2);
}

TEST(RsaPrompts, PrintAsTheTextThatMakesThemAgain) {
  for (const Tokenizer* tokenizer :
       {static_cast<const Tokenizer*>(nullptr), static_cast<const Tokenizer*>(&bytes)}) {
    const PromptTemplates templates = default_templates(tokenizer);
    EXPECT_EQ(parse_templates(show_templates(templates), "shown", tokenizer), templates);
  }
}

TEST(RsaPrompts, FilesAreRefusedByNameAndPlace) {
  const std::string plain = R"("plain": ["{query}"], )";
  const std::string each = R"({"each": ["{candidate}"]})";
  const std::map<std::string, std::string> rows = {
      {"", "expected JSON"},
      {"[]", "expected an object"},
      {R"({"plain": ["{query}"]})", "the keys plain and aggregate"},
      {"{" + plain + R"("aggregat": []})", "the keys plain, aggregate and, if wanted, refine"},
      {"{" + plain + R"("aggregate": ["{query}"]})", "aggregate: expected an each exactly once"},
      {"{" + plain + R"("aggregate": ["{query}", "{query}", )" + each + "]}",
       "aggregate: expected {query} exactly once, got it 2 times"},
      {"{" + plain + R"("aggregate": ["{query}", {"each": []}]})",
       "aggregate.each: expected {candidate} exactly once, got it 0 times"},
      {"{" + plain + R"("aggregate": ["{tail}", )" + each + "]}", "aggregate[0]: expected"},
      {"{" + plain + R"("aggregate": ["{query}", {"each": [{"each": []}]}]})",
       "aggregate[1].each[0]: expected"},
      {R"({"plain": ["{query}", {"ids": [1.5]}], "aggregate": []})", "plain[1].ids: expected"},
      {R"({"plain": ["{query}", {"ids": [-1]}], "aggregate": []})", "plain[1].ids: expected"},
      {R"({"plain": ["{query}", {"ids": 3}], "aggregate": []})", "plain[1].ids: expected a list"},
      {R"({"plain": ["{query}", {"text": "x"}], "aggregate": []})",
       "plain[1]: text needs a checkpoint with a tokenizer.model"},
      {R"({"plain": ["{query}", )" + each + R"(], "aggregate": []})", "plain: expected no each"},
      {"{" + plain + R"("aggregate": ["{query}", {"each": ["{number}", "{candidate}"]}]})",
       "aggregate[1].each[0]: text needs"},
      {R"({"plain": 1, "aggregate": []})", "plain: expected a list of pieces"},
  };
  for (const auto& [text, message] : rows) {
    try {
      parse_templates(text, "prompts.json", nullptr);
      ADD_FAILURE() << "not refused: " << text;
    } catch (const BadInput& refusal) {
      const std::string said = refusal.what();
      EXPECT_NE(said.find(message), std::string::npos) << said;
      EXPECT_TRUE(said.starts_with("prompts.json: ")) << said;
    }
  }
}

}  // namespace
}  // namespace kernelgate::rsa
