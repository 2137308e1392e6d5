#include "harness/cli/rsa_options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/cli/token_ids.hpp"
#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

std::string read_text(const std::string& file) {
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(file, error);
  std::ifstream in(file, std::ios::binary);
  if (!regular || !in) throw BadInput(fmt::format("{}: expected a file that can be read", file));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// An id, or a piece of the vocabulary such as </think>.
std::optional<std::int32_t> parse_marker(const std::string& text, const std::string& option,
                                         const rsa::Tokenizer* tokenizer) {
  if (text.empty()) return std::nullopt;
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc{} && end == text.data() + text.size()) return id;
  const auto piece = tokenizer == nullptr ? std::nullopt : tokenizer->id_of(text);
  if (piece) return piece;
  throw BadInput(fmt::format("{}: expected a token id{}, got '{}'", option,
                             tokenizer == nullptr ? "" : " or a piece of the tokenizer", text));
}

rsa::Selection parse_selection(const std::string& text) {
  if (text == "majority") return rsa::Selection::majority;
  return text == "msgl" ? rsa::Selection::msgl : rsa::Selection::none;
}

// Ids that the tokenizer does not have are rows of padding.
std::int64_t valid_ids(const rsa::Tokenizer* tokenizer, std::int64_t asked,
                       std::int64_t vocab_size) {
  if (tokenizer == nullptr || asked != 0) return asked;
  if (tokenizer->size() > vocab_size) {
    throw BadInput(fmt::format("rsa: the tokenizer has {} ids, the model's vocabulary {}",
                               tokenizer->size(), vocab_size));
  }
  return tokenizer->size();
}

// Settings but for what a tokenizer may decide.
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
  command.add_option("--input-ids", input_ids,
                     "The query: ids such as \"2,39,76\", or a .csv file with the column id");
  command.add_option("--prompt", prompt, "The query as text, or the name of a .txt file");
  command.add_option("--tokenizer", tokenizer,
                     "SentencePiece model (default: tokenizer.model of the checkpoint, if any)");
  command.add_option("--prompts", prompts, "JSON file with prompt templates (see --show-prompts)");
  command.add_flag("--show-prompts", show_prompts, "Print the prompt templates and end");
  command.add_option("--output", output, "File for the token ids of the final rollouts");
  command.add_option("--text-output", text_output, "File for their text, one JSON object a line");
  kernels.add_to(command);
  command.add_option("--n", settings.population, "Rollouts of a round")->capture_default_str();
  command.add_option("--c", settings.tails, "Tails in a prompt")->capture_default_str();
  command.add_option("--t", settings.rounds, "Aggregation rounds after round 0")
      ->capture_default_str();
  command.add_option("--beta", settings.beta, "Reasoning tokens of a rollout");
  command.add_option("--beta-final", beta_final,
                     "All tokens of a rollout of the last round (default: --beta)");
  command.add_option("--tau", settings.tau, "Tokens of a tail");
  command.add_option("--answer", answer,
                     "Of the last round's tokens, those kept for a forced answer (default: a "
                     "quarter; needs --end-of-think)");
  command.add_option("--seed", settings.seed, "Key of all draws")->capture_default_str();
  command.add_option("--temperature", settings.sampling.temperature, "0: greedy")
      ->capture_default_str();
  command.add_option("--top-p", settings.sampling.top_p, "1: off")->capture_default_str();
  command.add_option("--min-p", settings.sampling.min_p, "0: off")->capture_default_str();
  command.add_option("--top-k", settings.sampling.top_k, "0: off")->capture_default_str();
  command.add_option("--valid", settings.sampling.valid,
                     "Ids from here on are padding, never drawn (default: what the tokenizer has)");
  command.add_option("--eos", eos, "Id that ends a rollout (default: the tokenizer's, or none)");
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
  // Before a model is loaded; ids are checked when its vocabulary is known.
  rsa::validate(numbers_of(*this), INT32_MAX);
}

std::unique_ptr<rsa::Tokenizer> rsa_tokenizer(const RsaOptions& options) {
  const bool wanted =
      !options.prompt.empty() || !options.text_output.empty() || options.selection != "none";
  if (!options.tokenizer.empty()) return rsa::load_sentencepiece(options.tokenizer);
  const std::filesystem::path beside =
      std::filesystem::path(options.model.checkpoint) / "tokenizer.model";
  const bool there = !options.model.checkpoint.empty() && std::filesystem::exists(beside);
  if (wanted && !there) {
    throw BadInput(
        "rsa: --prompt, --text-output and --selection need text: give --tokenizer FILE, or a "
        "checkpoint with a tokenizer.model; without them token ids are enough");
  }
  if (!there || (!wanted && !rsa::has_sentencepiece())) return nullptr;
  return rsa::load_sentencepiece(beside);
}

rsa::PromptTemplates rsa_templates(const RsaOptions& options, const rsa::Tokenizer* tokenizer) {
  if (options.prompts.empty()) return rsa::default_templates(tokenizer);
  return rsa::parse_templates(read_text(options.prompts), options.prompts, tokenizer);
}

RsaInputs rsa_inputs(const RsaOptions& options, std::int64_t vocab_size) {
  RsaInputs inputs;
  inputs.tokenizer = rsa_tokenizer(options);
  const rsa::Tokenizer* tokenizer = inputs.tokenizer.get();
  inputs.templates = rsa_templates(options, tokenizer);
  if (options.prompt.empty()) {
    inputs.query = read_token_ids(options.input_ids, "--input-ids");
  } else {
    const bool file = options.prompt.ends_with(".txt");
    inputs.query = tokenizer->encode(file ? read_text(options.prompt) : options.prompt);
  }
  for (const std::int32_t id : inputs.query) {
    if (id < vocab_size) continue;
    throw BadInput(fmt::format("{}: expected token ids below {}, got {}",
                               options.prompt.empty() ? "--input-ids" : "--prompt", vocab_size,
                               id));
  }
  rsa::Settings& settings = inputs.settings;
  settings = numbers_of(options);
  settings.eos = parse_marker(options.eos, "--eos", tokenizer);
  if (options.eos.empty() && tokenizer != nullptr) settings.eos = tokenizer->eos();
  settings.end_of_think = parse_marker(options.end_of_think, "--end-of-think", tokenizer);
  settings.sampling.valid = valid_ids(tokenizer, settings.sampling.valid, vocab_size);
  rsa::validate(settings, vocab_size);
  rsa::Prompts(inputs.templates, tokenizer).check_ids(vocab_size);
  return inputs;
}

}  // namespace kernelgate
