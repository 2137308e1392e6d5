#include "harness/model/rsa_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/core/error.hpp"
#include "harness/core/text_file.hpp"
#include "harness/model/rsa_checkpoint.hpp"
#include "harness/model/token_ids.hpp"

namespace kernelgate {
namespace {

// The prompt's text. A prompt is a file name if it ends with .txt, or if it has no spaces and the
// file exists.
std::string prompt_text(const std::string& prompt) {
  std::error_code error;
  const bool named = prompt.find_first_of(" \t\n") == std::string::npos &&
                     std::filesystem::is_regular_file(prompt, error);
  return named || prompt.ends_with(".txt") ? read_text_file(prompt) : prompt;
}

rsa::Selection parse_selection(const std::string& text) {
  if (text == "majority") return rsa::Selection::majority;
  return text == "msgl" ? rsa::Selection::msgl : rsa::Selection::none;
}

// The settings, except those that depend on a tokenizer.
rsa::Settings numbers_of(const RsaOptions& options) {
  rsa::Settings s = options.settings;
  s.selection = parse_selection(options.selection);
  s.beta_final = options.beta_final.value_or(s.beta);
  s.answer = options.answer.value_or(rsa::default_answer(s.beta_final));
  return s;
}

}  // namespace

void RsaOptions::check() const {
  model.check("rsa");
  if (input_ids.empty() == prompt.empty()) {
    throw BadInput("rsa: give either --input-ids \"2,39,76\" or --prompt TEXT");
  }
  if (output.empty()) throw BadInput("--output: expected the name of a file, got nothing");
  if (settings.tau == 0) throw BadInput("rsa: --tau: expected the tokens of a tail, got nothing");
  if (settings.beta == 0) {
    throw BadInput("rsa: --beta: expected the reasoning tokens of a rollout, got nothing");
  }
  if (answer && end_of_think.empty()) {
    throw BadInput("rsa: --answer: an answer is forced by the id of --end-of-think, got none");
  }
  // Checked before a model is loaded; ids are checked later against its vocabulary.
  rsa::validate(numbers_of(*this), INT32_MAX);
}

rsa::PromptTemplates rsa_templates(const RsaOptions& options, const rsa::Tokenizer* tokenizer) {
  if (options.prompts.empty()) return rsa::default_templates(tokenizer);
  return rsa::parse_templates(read_text_file(options.prompts), options.prompts, tokenizer);
}

RsaInputs rsa_inputs(const RsaOptions& options, std::int64_t vocab_size) {
  RsaInputs inputs;
  inputs.tokenizer = rsa_tokenizer(options);
  const rsa::Tokenizer* tokenizer = inputs.tokenizer.text.get();
  inputs.templates = rsa_templates(options, tokenizer);
  if (options.prompt.empty()) {
    inputs.query = read_token_ids(options.input_ids, "--input-ids");
  } else {
    inputs.query = tokenizer->encode(prompt_text(options.prompt));
  }
  rsa::Settings& settings = inputs.settings;
  settings = numbers_of(options);
  settings.end_of_think = parse_marker(options.end_of_think, "--end-of-think", tokenizer);
  take_statements(inputs, options, vocab_size);
  rsa::validate(settings, vocab_size);
  rsa::Prompts(inputs.templates, tokenizer).check_ids(vocab_size);
  return inputs;
}

}  // namespace kernelgate
