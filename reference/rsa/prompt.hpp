// Prompts as token templates: lists of pieces that are put after one another. Nothing is looked for
// inside a text or a tail, so no brace in a query can be taken for a placeholder.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reference/rsa/tokenizer.hpp"

namespace kernelgate::rsa {

struct Piece {
  enum class Kind {
    literal,    // ids, or a text whose ids they are
    query,      // {query}
    candidate,  // {candidate}: a tail; in `each` alone
    number,     // {number}: of the candidate, from 1, as text; in `each` alone
    each,       // its pieces once a candidate
  };
  Kind kind = Kind::literal;
  std::vector<std::int32_t> ids;
  std::string text;  // empty: the ids were given
  std::vector<Piece> each;
  bool operator==(const Piece&) const = default;
};

using Pieces = std::vector<Piece>;

struct PromptTemplates {
  Pieces plain;      // round 0
  Pieces aggregate;  // later rounds
  Pieces refine;     // later rounds with one candidate; empty: `aggregate`
  bool operator==(const PromptTemplates&) const = default;
};

/// What is used where no file is given (docs/model.md, section 8.3). Without a tokenizer no id is
/// known to mean anything, so these have no literals: the query, then the tails.
PromptTemplates default_templates(const Tokenizer* tokenizer);

/// From JSON, as show_templates() prints it. Throws BadInput naming `file`, the list and the piece.
PromptTemplates parse_templates(std::string_view json, const std::string& file,
                                const Tokenizer* tokenizer);
std::string show_templates(const PromptTemplates& templates);

class Prompts {
 public:
  using Tail = std::vector<std::int32_t>;

  /// The tokenizer is needed where {number} is; it must outlive the prompts.
  Prompts(PromptTemplates templates, const Tokenizer* tokenizer)
      : templates_(std::move(templates)), tokenizer_(tokenizer) {}

  std::vector<std::int32_t> plain(std::span<const std::int32_t> query) const;
  std::vector<std::int32_t> aggregate(std::span<const std::int32_t> query,
                                      std::span<const Tail> tails) const;

  /// Tokens that are neither query nor tail, in the longest prompt with at most so many tails.
  std::int64_t template_tokens(std::int64_t tails) const;
  /// Throws BadInput for a literal id that the model does not have.
  void check_ids(std::int64_t vocab_size) const;

 private:
  PromptTemplates templates_;
  const Tokenizer* tokenizer_;
};

}  // namespace kernelgate::rsa
