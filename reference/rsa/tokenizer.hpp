// Text to token ids and back, by the model that lies beside a checkpoint's weights.
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

  virtual std::int64_t size() const = 0;  // ids are below it
  virtual std::optional<std::int32_t> bos() const = 0;
  virtual std::optional<std::int32_t> eos() const = 0;
  /// The id of exactly this piece of the vocabulary, such as a marker.
  virtual std::optional<std::int32_t> id_of(std::string_view piece) const = 0;
  /// No bos and no eos is added. Throws BadInput for a text that is not UTF-8.
  virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;
  /// Control ids give no text; ids from size() on are left out.
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
};

/// Whether this build has the library for it.
bool has_sentencepiece();

/// A SentencePiece model. Throws BadInput for a file that is none, and, naming the package, in a
/// build without the library.
std::unique_ptr<Tokenizer> load_sentencepiece(const std::filesystem::path& file);

}  // namespace kernelgate::rsa
