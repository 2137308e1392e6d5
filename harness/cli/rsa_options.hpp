// The options of `rsa`, and what they become: text or ids, prompt templates, settings.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/kernel_session.hpp"
#include "harness/cli/model_source.hpp"
#include "reference/rsa/prompt.hpp"
#include "reference/rsa/settings.hpp"

namespace CLI {
class App;
}

namespace kernelgate {

struct RsaOptions {
  ModelSource model;
  std::string input_ids, prompt, tokenizer, prompts, output, text_output;
  KernelChoice kernels;
  std::string eos, end_of_think, selection = "none";
  std::optional<std::int64_t> beta_final, answer;
  rsa::Settings settings;
  bool show_prompts = false;

  void add_to(CLI::App& command);
  /// Throws BadInput for options that are missing or exclude each other.
  void check() const;
};

/// A run's inputs, read and checked against the model's vocabulary.
struct RsaInputs {
  std::unique_ptr<rsa::Tokenizer> tokenizer;  // none: ids in and out
  rsa::PromptTemplates templates;
  std::vector<std::int32_t> query;
  rsa::Settings settings;
};

/// The tokenizer of --tokenizer, or of the checkpoint where it has one and it is asked for or can
/// be read; none otherwise.
std::unique_ptr<rsa::Tokenizer> rsa_tokenizer(const RsaOptions& options);
/// Those of --prompts, or the default.
rsa::PromptTemplates rsa_templates(const RsaOptions& options, const rsa::Tokenizer* tokenizer);
/// Throws BadInput for whatever does not fit a vocabulary of this size.
RsaInputs rsa_inputs(const RsaOptions& options, std::int64_t vocab_size);

}  // namespace kernelgate
