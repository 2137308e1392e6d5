#include "reference/rsa/prompt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.hpp"

namespace kernelgate::rsa {
namespace {

using Ids = std::vector<std::int32_t>;

Piece text_piece(const Tokenizer& tokenizer, const std::string& text) {
  Piece piece;
  piece.text = text;
  piece.ids = tokenizer.encode(text);
  return piece;
}

Piece placeholder(Piece::Kind kind) {
  Piece piece;
  piece.kind = kind;
  return piece;
}

Piece each_of(Pieces pieces) {
  Piece piece;
  piece.kind = Piece::Kind::each;
  piece.each = std::move(pieces);
  return piece;
}

// One expansion: the values of the placeholders, and the resulting ids.
struct Expansion {
  std::span<const std::int32_t> query;
  std::span<const Prompts::Tail> tails;
  const Tokenizer* tokenizer;
  Ids ids;

  void add(std::span<const std::int32_t> more) { ids.insert(ids.end(), more.begin(), more.end()); }
  void add(const Pieces& pieces, std::size_t candidate) {
    for (const Piece& piece : pieces) {
      switch (piece.kind) {
        case Piece::Kind::literal:
          add(piece.ids);
          break;
        case Piece::Kind::query:
          add(query);
          break;
        case Piece::Kind::candidate:
          add(tails[candidate]);
          break;
        case Piece::Kind::number:
          add(tokenizer->encode(std::to_string(candidate + 1)));
          break;
        case Piece::Kind::each:
          for (std::size_t k = 0; k < tails.size(); ++k) add(piece.each, k);
          break;
      }
    }
  }
};

void check_pieces(const Pieces& pieces, std::int64_t vocab_size) {
  for (const Piece& piece : pieces) {
    for (const std::int32_t id : piece.ids) {
      if (id >= 0 && id < vocab_size) continue;
      throw BadInput(fmt::format("prompt template: expected ids from 0 to {}, got {}{}",
                                 vocab_size - 1, id,
                                 piece.text.empty() ? "" : fmt::format(" in '{}'", piece.text)));
    }
    check_pieces(piece.each, vocab_size);
  }
}

}  // namespace

PromptTemplates default_templates(const Tokenizer* tokenizer) {
  const Piece query = placeholder(Piece::Kind::query);
  const Piece candidate = placeholder(Piece::Kind::candidate);
  if (tokenizer == nullptr) return {{query}, {query, each_of({candidate})}, {}};
  const auto text = [&](const std::string& words) { return text_piece(*tokenizer, words); };
  const std::string form = " If the answer is short, put it inside \\boxed{}.\n\nProblem:\n";
  const Piece closing = text("\n\nReasoning:\n");
  PromptTemplates made;
  made.plain = {text("Solve the problem. Reason step by step, then give the answer." + form), query,
                closing};
  made.aggregate = {
      text("Solve the problem. After it stand the last parts of several attempts. Some of them may "
           "be wrong. Compare them, keep what holds, mend what does not, reason on, then give one "
           "answer." +
           form),
      query,
      each_of({text("\n\nAttempt "), placeholder(Piece::Kind::number), text(", its last part:\n"),
               candidate}),
      closing};
  made.refine = {
      text("Solve the problem. After it stands the last part of an attempt, which may be wrong. "
           "Check it, mend it, reason on, then give the answer." +
           form),
      query, each_of({text("\n\nThe attempt, its last part:\n"), candidate}), closing};
  if (const auto bos = tokenizer->bos()) {
    Piece start;
    start.ids = {*bos};
    for (Pieces* list : {&made.plain, &made.aggregate, &made.refine}) {
      list->insert(list->begin(), start);
    }
  }
  return made;
}

Ids Prompts::plain(std::span<const std::int32_t> query) const {
  Expansion expansion{query, {}, tokenizer_, {}};
  expansion.add(templates_.plain, 0);
  return std::move(expansion.ids);
}

Ids Prompts::aggregate(std::span<const std::int32_t> query, std::span<const Tail> tails) const {
  const bool refines = tails.size() == 1 && !templates_.refine.empty();
  Expansion expansion{query, tails, tokenizer_, {}};
  expansion.add(refines ? templates_.refine : templates_.aggregate, 0);
  return std::move(expansion.ids);
}

std::int64_t Prompts::template_tokens(std::int64_t tails) const {
  // More candidates never shorten the same template, so the longest case is one tail or all.
  const std::vector<Tail> one(1), all(static_cast<std::size_t>(tails));
  const std::size_t longest =
      std::max({plain({}).size(), aggregate({}, one).size(), aggregate({}, all).size()});
  return static_cast<std::int64_t>(longest);
}

void Prompts::check_ids(std::int64_t vocab_size) const {
  check_pieces(templates_.plain, vocab_size);
  check_pieces(templates_.aggregate, vocab_size);
  check_pieces(templates_.refine, vocab_size);
}

}  // namespace kernelgate::rsa
