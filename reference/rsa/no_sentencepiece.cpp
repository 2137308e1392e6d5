// The tokenizer in a build without the SentencePiece library.
#include "harness/core/error.hpp"
#include "reference/rsa/tokenizer.hpp"

namespace kernelgate::rsa {

bool has_sentencepiece() { return false; }

std::unique_ptr<Tokenizer> load_sentencepiece(const std::filesystem::path& file) {
  throw BadInput(file.string() +
                 ": this build cannot read SentencePiece models: install libsentencepiece-dev, "
                 "configure and build again, or give token ids");
}

}  // namespace kernelgate::rsa
