#include "harness/cli/options.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>

namespace kernelgate {
namespace {

CLI::Range between(std::int64_t min, std::int64_t max) { return {min, max}; }

}  // namespace

void add_options(CLI::App& command, RsaOptions& options) {
  add_options(command, options.model);
  command.add_option(
      "--input-ids", options.input_ids,
      "The query: ids such as \"2,39,76\", or a file with such a list or a CSV column "
      "id");
  command.add_option("--prompt", options.prompt,
                     "The query as text, or the name of a file with it");
  command.add_option("--tokenizer", options.tokenizer,
                     "SentencePiece model (default: tokenizer.model of the checkpoint, if any)");
  command.add_option("--prompts", options.prompts,
                     "JSON file with prompt templates (see --show-prompts)");
  command.add_flag("--show-prompts", options.show_prompts, "Print the prompt templates and end");
  command.add_option("--output", options.output, "File for the token ids of the final rollouts");
  command.add_option("--text-output", options.text_output,
                     "File for their text, one JSON object per line");
  add_options(command, options.kernels);
  command.add_option("--n", options.settings.population, "Rollouts per round")
      ->check(between(1, rsa::max_rollouts))
      ->capture_default_str();
  command.add_option("--c", options.settings.tails, "Tails per prompt")
      ->check(between(1, rsa::max_rollouts))
      ->capture_default_str();
  command.add_option("--t", options.settings.rounds, "Aggregation rounds after round 0")
      ->check(between(0, rsa::max_rounds))
      ->capture_default_str();
  command.add_option("--beta", options.settings.beta, "Reasoning tokens per rollout")
      ->check(between(1, rsa::max_tokens));
  command
      .add_option("--beta-final", options.beta_final,
                  "All tokens per rollout in the last round (default: --beta)")
      ->check(between(1, rsa::max_tokens));
  command.add_option("--tau", options.settings.tau, "Tokens per tail")
      ->check(between(1, rsa::max_tokens));
  command
      .add_option("--answer", options.answer,
                  "Of the last round's tokens, those kept for a forced answer (default: a "
                  "quarter; needs --end-of-think)")
      ->check(between(2, rsa::max_tokens));
  command.add_option("--seed", options.settings.seed, "Key of all draws")->capture_default_str();
  command.add_option("--temperature", options.settings.sampling.temperature, "0: greedy")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--top-p", options.settings.sampling.top_p, "1: off")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--min-p", options.settings.sampling.min_p, "0: off")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--top-k", options.settings.sampling.top_k, "0: off")
      ->check(between(0, rsa::max_tokens))
      ->capture_default_str();
  command
      .add_option("--valid", options.settings.sampling.valid,
                  "Ids from here on are padding, never drawn (default: stated by tokenizer.json "
                  "and added_tokens.json; without them all ids may be drawn)")
      ->check(between(0, INT32_MAX));
  command.add_option("--eos", options.eos,
                     "Ids or pieces that end a rollout, such as 1,106, or none; may repeat "
                     "(default: of generation_config.json, config.json or the tokenizer)");
  command.add_option("--end-of-think", options.end_of_think,
                     "Id that ends the reasoning (default: none)");
  command
      .add_option("--selection", options.selection,
                  "none: all final rollouts count; majority of their last \\boxed{}; msgl")
      ->check(CLI::IsMember({"none", "majority", "msgl"}));
}

}  // namespace kernelgate
