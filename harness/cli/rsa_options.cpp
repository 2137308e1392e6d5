#include "harness/cli/rsa_options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>

#include "harness/cli/rsa_checkpoint.hpp"
#include "harness/cli/token_ids.hpp"
#include "harness/core/error.hpp"
#include "harness/core/text_file.hpp"

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

CLI::Range between(std::int64_t least, std::int64_t most) { return {least, most}; }

// The settings, except those that depend on a tokenizer.
rsa::Settings numbers_of(const RsaOptions& options) {
  rsa::Settings s = options.settings;
  s.selection = parse_selection(options.selection);
  s.beta_final = options.beta_final.value_or(s.beta);
  s.answer = options.answer.value_or(rsa::default_answer(s.beta_final));
  return s;
}

}  // namespace

void RsaOptions::add_to(CLI::App& command) {
  model.add_to(command);
  command.add_option(
      "--input-ids", input_ids,
      "The query: ids such as \"2,39,76\", or a file with such a list or a CSV column "
      "id");
  command.add_option("--prompt", prompt, "The query as text, or the name of a file with it");
  command.add_option("--tokenizer", tokenizer,
                     "SentencePiece model (default: tokenizer.model of the checkpoint, if any)");
  command.add_option("--prompts", prompts, "JSON file with prompt templates (see --show-prompts)");
  command.add_flag("--show-prompts", show_prompts, "Print the prompt templates and end");
  command.add_option("--output", output, "File for the token ids of the final rollouts");
  command.add_option("--text-output", text_output, "File for their text, one JSON object a line");
  kernels.add_to(command);
  command.add_option("--n", settings.population, "Rollouts of a round")
      ->check(between(1, rsa::max_rollouts))
      ->capture_default_str();
  command.add_option("--c", settings.tails, "Tails in a prompt")
      ->check(between(1, rsa::max_rollouts))
      ->capture_default_str();
  command.add_option("--t", settings.rounds, "Aggregation rounds after round 0")
      ->check(between(0, rsa::max_rounds))
      ->capture_default_str();
  command.add_option("--beta", settings.beta, "Reasoning tokens of a rollout")
      ->check(between(1, rsa::max_tokens));
  command
      .add_option("--beta-final", beta_final,
                  "All tokens of a rollout of the last round (default: --beta)")
      ->check(between(1, rsa::max_tokens));
  command.add_option("--tau", settings.tau, "Tokens of a tail")->check(between(1, rsa::max_tokens));
  command
      .add_option("--answer", answer,
                  "Of the last round's tokens, those kept for a forced answer (default: a "
                  "quarter; needs --end-of-think)")
      ->check(between(2, rsa::max_tokens));
  command.add_option("--seed", settings.seed, "Key of all draws")->capture_default_str();
  command.add_option("--temperature", settings.sampling.temperature, "0: greedy")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--top-p", settings.sampling.top_p, "1: off")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--min-p", settings.sampling.min_p, "0: off")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--top-k", settings.sampling.top_k, "0: off")
      ->check(between(0, rsa::max_tokens))
      ->capture_default_str();
  command
      .add_option("--valid", settings.sampling.valid,
                  "Ids from here on are padding, never drawn (default: stated by tokenizer.json "
                  "and added_tokens.json; without them all ids may be drawn)")
      ->check(between(0, INT32_MAX));
  command.add_option("--eos", eos,
                     "Ids or pieces that end a rollout, such as 1,106, or none; may repeat "
                     "(default: of generation_config.json, config.json or the tokenizer)");
  command.add_option("--end-of-think", end_of_think, "Id that ends the reasoning (default: none)");
  command
      .add_option("--selection", selection,
                  "none: all final rollouts count; majority of their last \\boxed{}; msgl")
      ->check(CLI::IsMember({"none", "majority", "msgl"}));
}

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
