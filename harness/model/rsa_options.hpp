// Options of `rsa`, and the inputs made from them: query ids, prompt templates, settings.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/kernel_session.hpp"
#include "harness/model/model_source.hpp"
#include "reference/notices.hpp"
#include "reference/rsa/prompt.hpp"
#include "reference/rsa/settings.hpp"
#include "reference/rsa/tokenizer_files.hpp"

namespace kernelgate {

/// The options as given on the command line.
struct RsaOptions {
  ModelSource model;
  std::string input_ids, prompt, tokenizer, prompts, output, text_output;
  KernelChoice kernels;
  std::vector<std::string> eos;  // ids or pieces; "none"
  std::string end_of_think, selection = "none";
  std::optional<std::int64_t> beta_final, answer;
  rsa::Settings settings;
  bool show_prompts = false;

  /// Throws BadInput for missing options and for options that exclude each other.
  void check() const;
};

/// A tokenizer with the tokens added by the files beside it, and the contents of these files.
struct RsaTokenizer {
  std::unique_ptr<rsa::Tokenizer> text;  // null: ids in and out
  std::int64_t pieces = 0;               // size of its SentencePiece model; 0: none was read
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
  std::string valid_source;  // source of the range of ids that may be drawn; empty: none
  reference::Notices notices;
};

/// The prompt templates of --prompts, or the default ones.
rsa::PromptTemplates rsa_templates(const RsaOptions& options, const rsa::Tokenizer* tokenizer);
/// Reads and checks the inputs. Throws BadInput for ids outside a vocabulary of this size.
RsaInputs rsa_inputs(const RsaOptions& options, std::int64_t vocab_size);

}  // namespace kernelgate
