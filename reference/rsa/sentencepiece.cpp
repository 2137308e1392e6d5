// The tokenizer, implemented with Google's SentencePiece library.
#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/file_kind.hpp"
#include "reference/mapped_file.hpp"
#include "reference/rsa/tokenizer.hpp"

namespace kernelgate::rsa {
namespace {

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t rest = lead < 0x80           ? 0
                             : (lead >> 5) == 0x06 ? 1
                             : (lead >> 4) == 0x0E ? 2
                             : (lead >> 3) == 0x1E ? 3
                                                   : text.size();
    if (i + rest >= text.size()) return false;
    for (std::size_t k = 1; k <= rest; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) >> 6) != 0x02) return false;
    }
    i += rest + 1;
  }
  return true;
}

class SentencePiece : public Tokenizer {
 public:
  explicit SentencePiece(const std::filesystem::path& file) {
    const reference::MappedFile mapped(file);
    const std::string_view bytes = mapped.text();
    // The library accepts an empty message as a valid model without pieces.
    const auto status = processor_.LoadFromSerializedProto(std::string(bytes));
    if (bytes.empty() || !status.ok() || processor_.GetPieceSize() == 0) {
      const std::string kind = describe_wrong_kind(bytes, FileKind::sentencepiece);
      if (!kind.empty()) {
        throw BadInput(file.string() + ": expected a SentencePiece model, got " + kind);
      }
      throw BadInput(fmt::format(
          "{}: expected a SentencePiece model, got {} bytes that are none{}", file.string(),
          bytes.size(), status.ok() ? std::string() : fmt::format(" ({})", status.message())));
    }
  }

  std::int64_t size() const override { return processor_.GetPieceSize(); }
  std::optional<std::int32_t> bos() const override { return known(processor_.bos_id()); }
  std::optional<std::int32_t> eos() const override { return known(processor_.eos_id()); }

  std::optional<std::int32_t> id_of(std::string_view piece) const override {
    const int id = processor_.PieceToId(piece);
    if (processor_.IdToPiece(id) != piece) return std::nullopt;  // got the unknown id
    return id;
  }

  std::vector<std::int32_t> encode(std::string_view text) const override {
    if (!is_utf8(text)) throw BadInput("text: expected UTF-8, got bytes that are not");
    std::vector<int> ids;
    const auto status = processor_.Encode(text, &ids);
    if (!status.ok()) throw BadInput(fmt::format("text: cannot be encoded: {}", status.message()));
    return {ids.begin(), ids.end()};
  }

  std::string decode(std::span<const std::int32_t> ids) const override {
    std::vector<int> known_ids;
    for (const std::int32_t id : ids) {
      if (id >= 0 && id < size()) known_ids.push_back(id);
    }
    std::string text;
    const auto status = processor_.Decode(known_ids, &text);
    if (!status.ok()) throw BadInput(fmt::format("ids: cannot be decoded: {}", status.message()));
    return text;
  }

 private:
  static std::optional<std::int32_t> known(int id) {
    if (id < 0) return std::nullopt;
    return id;
  }

  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

bool has_sentencepiece() { return true; }

std::unique_ptr<Tokenizer> load_sentencepiece(const std::filesystem::path& file) {
  return std::make_unique<SentencePiece>(file);
}

}  // namespace kernelgate::rsa
