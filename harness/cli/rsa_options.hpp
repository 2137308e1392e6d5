// The options of `rsa`, and what they become: text or ids, prompt templates, settings.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/kernel_session.hpp"
#include "harness/cli/model_source.hpp"
#include "reference/notices.hpp"
#include "reference/rsa/prompt.hpp"
#include "reference/rsa/settings.hpp"
#include "reference/rsa/tokenizer_files.hpp"

namespace CLI {
class App;
}

namespace kernelgate {

struct RsaOptions {
  ModelSource model;
  std::string input_ids, prompt, tokenizer, prompts, output, text_output;
  KernelChoice kernels;
  std::vector<std::string> eos;  // ids or pieces; "none"
  std::string end_of_think, selection = "none";
  std::optional<std::int64_t> beta_final, answer;
  rsa::Settings settings;
  bool show_prompts = false;

  void add_to(CLI::App& command);
  /// Throws BadInput for options that are missing or exclude each other.
  void check() const;
};

/// A tokenizer with the tokens that the files beside it add, and what these state.
struct RsaTokenizer {
  std::unique_ptr<rsa::Tokenizer> text;  // none: ids in and out
  std::int64_t pieces = 0;               // ids of its SentencePiece model; 0: none was read
  rsa::TokenizerFiles files;
  reference::Notices notices;
};

/// A run's inputs, read and checked against the model's vocabulary.
struct RsaInputs {
  RsaTokenizer tokenizer;
  rsa::PromptTemplates templates;
  std::vector<std::int32_t> query;
  rsa::Settings settings;
  std::string eos_source;    // "--eos", "generation_config.json", …; empty: no id ends a rollout
  std::string valid_source;  // the files that state the ids that may be drawn; empty: none does
  reference::Notices notices;
};

/// Those of --prompts, or the default.
rsa::PromptTemplates rsa_templates(const RsaOptions& options, const rsa::Tokenizer* tokenizer);
/// Throws BadInput for whatever does not fit a vocabulary of this size.
RsaInputs rsa_inputs(const RsaOptions& options, std::int64_t vocab_size);

}  // namespace kernelgate
