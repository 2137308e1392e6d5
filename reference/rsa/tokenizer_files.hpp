// Reads the tokens that a checkpoint adds to its SentencePiece model: tokenizer.json,
// added_tokens.json and tokenizer_config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reference/notices.hpp"
#include "reference/rsa/tokenizer.hpp"

namespace kernelgate::rsa {

struct AddedToken {
  std::int32_t id = 0;
  std::string content;
  bool special = false;  // produces no text
  std::string source;    // the file that defines it
};

/// The token ids defined by the files of a directory.
struct TokenizerFiles {
  std::vector<AddedToken> added;  // ascending ids
  std::int64_t vocabulary =
      0;  // ids of the vocabulary in tokenizer.json are below it; 0: no such file
  std::vector<std::string> sources;  // names of the files that were read
  std::string eos,
      eos_source;  // text of the token that ends a sequence, and the file that states it; or empty

  /// Exceeds every id that a file defines; 0 if there are none.
  std::int64_t size() const;
};

/// Parses one file's text. `file` is its name in messages. Throws BadInput if the text has another
/// format.
TokenizerFiles parse_tokenizer_json(std::string_view text, const std::string& file);
TokenizerFiles parse_added_tokens_json(std::string_view text, const std::string& file);
/// Parses tokenizer_config.json and special_tokens_map.json.
TokenizerFiles parse_tokenizer_config(std::string_view text, const std::string& file);

/// Reads those files of a directory that exist. Throws BadInput if two of them give one id two
/// texts, or one text two ids.
TokenizerFiles read_tokenizer_files(const std::filesystem::path& directory);

/// A tokenizer extended by the added tokens: it encodes their text to their ids, and decodes them
/// unless they are special. An added token replaces a base piece with the same id but another text,
/// as in transformers. Adds a notice for an added token that the base has under another id.
std::unique_ptr<Tokenizer> with_added_tokens(std::unique_ptr<Tokenizer> base,
                                             const TokenizerFiles& files,
                                             reference::Notices& notices);

}  // namespace kernelgate::rsa
