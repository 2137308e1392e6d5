// Encodes and decodes text with a SentencePiece model trained here, cuts multi-byte tails by token
// (S4), and rejects files that are not models.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/synthetic_folder.hpp"
#include "reference/rsa/prompt.hpp"
#include "reference/rsa/rollout.hpp"
#include "reference/rsa/tokenizer.hpp"
#include "reference/tests/tiny_sentencepiece.hpp"

namespace kernelgate::rsa {
namespace {

using Ids = std::vector<std::int32_t>;

const std::string& model_bytes() {
  static const std::string bytes = tiny_sentencepiece();
  return bytes;
}

struct Loaded {
  synthetic::Folder folder;
  std::unique_ptr<Tokenizer> tokenizer =
      load_sentencepiece(folder.write("tokenizer.model", model_bytes()));
};

TEST(RsaText, GoesInAndComesOutAgain) {
  const Loaded loaded;
  const Tokenizer& t = *loaded.tokenizer;
  EXPECT_TRUE(has_sentencepiece());
  for (const std::string text :
       {"größe {} \\boxed{7}", "数学问题", "bytes of others: ж €", "<think>x</think>", ""}) {
    EXPECT_EQ(t.decode(t.encode(text)), text);
  }
  EXPECT_EQ(t.bos(), 1);  // as assigned by the trainer
  EXPECT_EQ(t.eos(), 2);
  EXPECT_EQ(t.encode("</think>"), (Ids{t.id_of("</think>").value()}));
  EXPECT_FALSE(t.id_of("no such piece"));
  EXPECT_THROW(t.encode("\xC3"), BadInput);
  EXPECT_THROW(t.encode("a\xFF"), BadInput);
}

TEST(RsaText, LeavesOutIdsThatItDoesNotHave) {
  const Loaded loaded;
  const Tokenizer& t = *loaded.tokenizer;
  Ids ids = t.encode("xy");
  ids.insert(ids.begin() + 1, {2, static_cast<std::int32_t>(t.size()), 1 << 30, -1});
  EXPECT_EQ(t.decode(ids), "xy");
}

// S4: a tail of tau tokens of a multi-byte text.
using Tail = std::function<Ids(const Rollout&, std::int64_t)>;

bool counts_tokens(const Tokenizer& t, const Tail& tail) {
  Rollout r;
  r.tokens = t.encode("die größe 数学问题");
  r.reasoning = static_cast<std::int64_t>(r.tokens.size());
  return t.decode(tail(r, 4)) == "数学问题" && tail(r, 4).size() == 4 &&
         t.decode(tail(r, 8)) == "öße 数学问题";
}

TEST(RsaText, TailsAreCountedInTokens) {
  const Loaded loaded;
  const Tokenizer& t = *loaded.tokenizer;
  EXPECT_TRUE(counts_tokens(t, tail_of));
  const auto in_bytes = [&](const Rollout& r, std::int64_t tau) {
    const std::string text = t.decode(r.tokens);
    std::size_t from = text.size() - static_cast<std::size_t>(tau);
    while (from < text.size() && (text[from] & 0xC0) == 0x80) ++from;  // to a whole character
    return t.encode(text.substr(from));
  };
  EXPECT_FALSE(counts_tokens(t, in_bytes));
}

TEST(RsaText, TemplatesAreLiteral) {  // S2
  const Loaded loaded;
  const Tokenizer& t = *loaded.tokenizer;
  const Prompts prompts(default_templates(&t), &t);
  const std::vector<Ids> tails = {t.encode("{} {query}"), t.encode("\\frac{1}{2}")};
  const std::string text = t.decode(prompts.aggregate(t.encode("{candidate} {}"), tails));
  EXPECT_NE(text.find("Problem:\n{candidate} {}\n\nAttempt 1, its last part:\n{} {query}\n\n"
                      "Attempt 2, its last part:\n\\frac{1}{2}\n\nReasoning:\n"),
            std::string::npos)
      << text;
}

TEST(RsaText, FilesThatAreNoModelAreRefused) {
  const synthetic::Folder folder;
  const std::string& whole = model_bytes();
  for (const std::string& bytes : {std::string(), std::string("not a model"),
                                   std::string(1000, '\xFF'), whole.substr(0, whole.size() / 2)}) {
    const auto file = folder.write("tokenizer.model", bytes);
    EXPECT_THROW(load_sentencepiece(file), BadInput) << bytes.size() << " bytes";
  }
  EXPECT_THROW(load_sentencepiece(folder.path() / "none.model"), BadInput);
}

}  // namespace
}  // namespace kernelgate::rsa
