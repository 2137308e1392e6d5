// Converts text to token ids and back with the tokenizer model stored beside a checkpoint's
// weights.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate::rsa {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  virtual std::int64_t size() const = 0;  // all ids are smaller
  virtual std::optional<std::int32_t> bos() const = 0;
  virtual std::optional<std::int32_t> eos() const = 0;
  /// The id of exactly this vocabulary piece, such as a marker.
  virtual std::optional<std::int32_t> id_of(std::string_view piece) const = 0;
  /// Adds no bos or eos. Throws BadInput if the text is not UTF-8.
  virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;
  /// Control ids produce no text; ids from size() on are ignored.
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
};

/// Whether this build includes the SentencePiece library.
bool has_sentencepiece();

/// Loads a SentencePiece model. Throws BadInput if the file is not one and, naming the package, in
/// a build without the library.
std::unique_ptr<Tokenizer> load_sentencepiece(const std::filesystem::path& file);

}  // namespace kernelgate::rsa
