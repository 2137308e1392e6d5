// A SentencePiece model small enough to be trained in a test: single characters, some of several
// bytes, two markers, and byte fallback for all other characters.
#pragma once

#include <sentencepiece_trainer.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace kernelgate::rsa {

class Lines : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  bool done() const override { return next_ == lines_.size(); }
  void Next() override { ++next_; }
  const std::string& value() const override { return lines_[next_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::vector<std::string> lines_;
  std::size_t next_ = 0;
};

/// The bytes of the model file. Ids 0, 1, 2: unknown, bos, eos; 3 and 4: <think>, </think>.
inline std::string tiny_sentencepiece() {
  std::vector<std::string> lines;
  for (int i = 0; i < 40; ++i) {
    lines.emplace_back("größe übung straße \\boxed{" + std::to_string(i) + "}");
    lines.emplace_back("数学 问题 答案 {} x y z");
  }
  Lines corpus(std::move(lines));
  std::string made;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      "--model_type=char --vocab_size=330 --hard_vocab_limit=false --byte_fallback=true "
      "--character_coverage=1.0 --add_dummy_prefix=false --normalization_rule_name=identity "
      "--remove_extra_whitespaces=false --minloglevel=2 --user_defined_symbols=<think>,</think>",
      &corpus, &made);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return made;
}

}  // namespace kernelgate::rsa
