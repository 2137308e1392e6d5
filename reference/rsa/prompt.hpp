// Prompts as token templates: lists of pieces that are concatenated. Texts and tails are never
// searched for placeholders, so braces in a query are plain text.
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
    literal,    // ids, or a text that is encoded to ids
    query,      // {query}
    candidate,  // {candidate}: a tail; only inside `each`
    number,     // {number}: the candidate's number from 1, as text; only inside `each`
    each,       // its pieces, repeated for every candidate
  };
  Kind kind = Kind::literal;
  std::vector<std::int32_t> ids;
  std::string text;  // empty: given as ids
  std::vector<Piece> each;
  bool operator==(const Piece&) const = default;
};

using Pieces = std::vector<Piece>;

struct PromptTemplates {
  Pieces plain;      // round 0
  Pieces aggregate;  // later rounds
  Pieces refine;     // later rounds with one candidate; empty: use `aggregate`
  bool operator==(const PromptTemplates&) const = default;
};

/// The templates used when no file is given (docs/model.md, section 8.3). Without a tokenizer the
/// meaning of ids is unknown, so they have no literals: the query, then the tails.
PromptTemplates default_templates(const Tokenizer* tokenizer);

/// Parses the JSON that show_templates() prints. Throws BadInput naming `file`, the list and the
/// piece.
PromptTemplates parse_templates(std::string_view json, const std::string& file,
                                const Tokenizer* tokenizer);
std::string show_templates(const PromptTemplates& templates);

class Prompts {
 public:
  using Tail = std::vector<std::int32_t>;

  /// The tokenizer is required only for {number}; it must outlive the prompts.
  Prompts(PromptTemplates templates, const Tokenizer* tokenizer)
      : templates_(std::move(templates)), tokenizer_(tokenizer) {}

  std::vector<std::int32_t> plain(std::span<const std::int32_t> query) const;
  std::vector<std::int32_t> aggregate(std::span<const std::int32_t> query,
                                      std::span<const Tail> tails) const;

  /// Tokens other than query and tails in the longest prompt with at most `tails` tails.
  std::int64_t template_tokens(std::int64_t tails) const;
  /// Throws BadInput for a literal id outside the vocabulary.
  void check_ids(std::int64_t vocab_size) const;

 private:
  PromptTemplates templates_;
  const Tokenizer* tokenizer_;
};

}  // namespace kernelgate::rsa
