// kernelgate rsa: Markovian RSA, rounds of rollouts that continue from the tails of the last round.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/cli/options.hpp"
#include "harness/core/counted.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/output_file.hpp"
#include "harness/core/processors.hpp"
#include "harness/model/kernel_engine.hpp"
#include "harness/model/kernel_session.hpp"
#include "harness/model/rsa_checkpoint.hpp"
#include "harness/model/rsa_options.hpp"
#include "harness/model/rsa_report.hpp"
#include "harness/run/progress.hpp"
#include "harness/run/session.hpp"
#include "harness/timing/watched_clock.hpp"
#include "reference/batch.hpp"
#include "reference/rsa/choice.hpp"
#include "reference/rsa/draw.hpp"
#include "reference/rsa/generation.hpp"
#include "reference/rsa/reference_engine.hpp"

namespace kernelgate {
namespace {

/// Upper bounds on the tokens of the whole run and of one rollout.
rsa::Bounds bounds_of(const RsaInputs& inputs) {
  const rsa::Prompts prompts(inputs.templates, inputs.tokenizer.text.get());
  rsa::Settings settings = inputs.settings;
  // The extra rollout of msgl has tails in its prompt, even if the run itself has none.
  if (settings.selection == rsa::Selection::msgl) {
    settings.rounds = std::max<std::int64_t>(1, settings.rounds);
  }
  return rsa::bounds_of(settings, static_cast<std::int64_t>(inputs.query.size()),
                        prompts.template_tokens(inputs.settings.tails));
}

/// Bytes that an engine needs beside its weights.
struct EngineBytes {
  std::int64_t token = 0;   // keys and values
  std::int64_t slot = 0;    // fixed state
  std::int64_t logit = 0;   // per slot and id of the vocabulary
  std::int64_t worker = 0;  // per thread that draws and id of the vocabulary
};

// Rejects a run whose cache at its bound does not fit, because the run would fail only after hours.
void require_memory_of(const RsaInputs& inputs, const EngineBytes& bytes, std::int64_t vocab_size,
                       int threads, const std::string& who) {
  const std::int64_t tokens = bounds_of(inputs).cached_tokens;
  const std::int64_t slots = inputs.settings.population;
  const std::int64_t workers = std::min<std::int64_t>(slots, threads);
  const auto product = [](std::int64_t count, std::int64_t size) {
    return static_cast<double>(count) * static_cast<double>(size);
  };
  const double needed = product(tokens, bytes.token) +
                        product(slots, bytes.slot + bytes.logit * vocab_size) +
                        product(workers, bytes.worker * vocab_size);
  constexpr double max_bytes = 9e18;  // below 2^63
  require_memory(static_cast<std::int64_t>(std::min(needed, max_bytes)),
                 fmt::format("rsa: keys, values and state of {} tokens and logits of {} rollouts "
                             "on {}",
                             tokens, slots, who),
                 "lower --n, --c, --tau or --beta");
}

/// Rejects a query with ids outside the vocabulary, and rollouts that could exceed the context.
void require_fit(const RsaOptions& options, const RsaInputs& inputs,
                 const reference::ModelConfig& config) {
  reference::require_token_ids(config, inputs.query,
                               options.prompt.empty() ? "--input-ids" : "--prompt");
  const std::int64_t prompt = bounds_of(inputs).prompt_tokens;
  const std::int64_t budget = std::max(inputs.settings.beta, inputs.settings.beta_final);
  reference::require_context(
      config, prompt + budget,
      fmt::format("rsa: a prompt of up to {} tokens (query, --c, --tau) and {} tokens of a rollout "
                  "(--beta, --beta-final)",
                  prompt, budget));
}

// One progress bar for all rounds; counts prefills and decode steps.
class RoundProgress {
 public:
  explicit RoundProgress(const rsa::Settings& s)
      : rounds_(s.rounds),
        bar_("rsa", (s.rounds + 1) * s.population + s.rounds * s.beta + s.beta_final) {}

  void tell(std::int64_t done, std::int64_t live) {
    bar_.step(fmt::format("round {} of {}, {} rollouts live", round_, rounds_, live), done - last_);
    last_ = done;
  }
  void end_round() {
    ++round_;
    last_ = 0;
    bar_.clear();
  }

 private:
  std::int64_t rounds_, round_ = 0, last_ = 0;
  Progress bar_;
};

void print_settings(const RsaInputs& inputs, std::int64_t vocab_size) {
  const rsa::Settings& s = inputs.settings;
  fmt::print("rsa      {} rollouts per round, {} tails of {} tokens, beta {}, seed {}\n",
             s.population, s.tails, s.tau, s.beta, s.seed);
  fmt::print("rounds   round 0 and {} after it, {} tokens in the last\n",
             counted(s.rounds, "aggregation round", "aggregation rounds"), s.beta_final);
  const std::string eos = s.eos.empty() ? "none" : fmt::format("{}", fmt::join(s.eos, ","));
  const std::string source = inputs.eos_source.empty() ? "" : " (" + inputs.eos_source + ")";
  fmt::print("ends     eos {}{}, end of think {}{}\n", eos, source,
             s.end_of_think ? std::to_string(*s.end_of_think) : "none",
             s.end_of_think ? fmt::format(", {} tokens kept for an answer", s.answer) : "");
  if (!inputs.valid_source.empty()) {
    fmt::print("ids      below {} of {} may be drawn ({})\n",
               s.sampling.valid == 0 ? vocab_size : s.sampling.valid, vocab_size,
               inputs.valid_source);
  } else if (!inputs.tokenizer.files.sources.empty() || inputs.tokenizer.text) {
    fmt::print(
        "ids      all {} may be drawn: no file states where the tokenizer's ids end; --valid "
        "does\n",
        vocab_size);
  }
  print_notices(inputs.notices);
}

struct Run {
  const RsaOptions& options;
  const RsaInputs& inputs;
  rsa::SequenceEngine& engine;

  void generate() const {
    const rsa::Settings& s = inputs.settings;
    const rsa::Prompts prompts(inputs.templates, inputs.tokenizer.text.get());
    RoundProgress progress(s);
    const MachineWatch watch;
    rsa::EngineGenerator generator(
        engine, {.seed = s.seed, .eos = s.eos, .end_of_think = s.end_of_think},
        [&](std::int64_t done, std::int64_t, std::int64_t live) { progress.tell(done, live); },
        [&](const std::function<void()>& work) { return timed_span(watch, work); });
    rsa::Loop loop(s, prompts, generator);
    const auto say = [&](const rsa::RoundReport& round) {
      progress.end_round();
      fmt::print("{}", rsa_round_line(round));
      std::fflush(stdout);
    };
    const rsa::Result result = loop.run(inputs.query, say);
    write_whole_file(options.output, rsa_token_lines(result));
    const rsa::Choice choice = choose(
        loop, result, inputs.query, s.selection,
        [&](std::span<const std::int32_t> ids) { return inputs.tokenizer.text->decode(ids); });
    if (choice.extra) say(*choice.extra);
    fmt::print("{}{}", rsa_summary(result, engine), rsa_choice_lines(choice, s.selection));
    fmt::print("wrote    {} ({} rollouts, {}, skip {})\n", options.output, result.finals().size(),
               engine.describe(), options.model.skip);
    if (options.text_output.empty()) return;
    write_whole_file(options.text_output, rsa_text_lines(result, *inputs.tokenizer.text));
    fmt::print("wrote    {}\n", options.text_output);
  }
};

void generate(const RsaOptions& options, const RsaInputs& inputs, rsa::SequenceEngine& engine,
              Session& session) {
  print_settings(inputs, engine.vocab_size());
  try {
    Run{options, inputs, engine}.generate();
  } catch (const rsa::AllFailed& failure) {
    std::fflush(stdout);
    fmt::print(stderr, "kernelgate: {}\n", failure.what());
    session.end_with(ExitCode::incorrect);
  }
}

void run_on_reference(const RsaOptions& options, Session& session) {
  const reference::Model model = options.model.load_reference();
  const RsaInputs inputs = rsa_inputs(options, model.config().vocab_size);
  require_fit(options, inputs, model.config());
  const rsa::ReferenceEngine one(model, 1, 1);
  // A slot stores its logits in f32. A thread has its forward pass's logits in f64, then draws.
  const EngineBytes bytes{.token = one.cache_bytes_per_token(),
                          .slot = one.fixed_state_bytes(),
                          .logit = sizeof(float),
                          .worker = rsa::draw_bytes_per_id};
  require_memory_of(inputs, bytes, one.vocab_size(), threads_or_all(session.threads),
                    one.describe());
  rsa::ReferenceEngine engine(model, inputs.settings.population, threads_or_all(session.threads));
  generate(options, inputs, engine, session);
}

// Largest assumed error of the kernels' logits, for the count of thin draws: the golden tolerance
// in f32, otherwise the difference between two 16-bit engines (spec A, 2.2).
double logit_error(Dtype type) { return type == Dtype::f32 ? 1e-4 : 0.24; }

void run_on_kernels(const RsaOptions& options, Session& session) {
  KernelSession kernels(session, options.kernels, options.model);
  model::KernelModel& m = kernels.model();
  const RsaInputs inputs = rsa_inputs(options, m.config().vocab_size);
  require_fit(options, inputs, m.config());
  const model::SequenceStore one = m.make_store(1, 1);
  // Each slot has its logits four times in f32: in the engine, in the head's work space, as rows to
  // draw from, and as the sampling kernel's copy. Each worker of that kernel has its own lists, and
  // a thread that looks for thin draws runs the scalar chain.
  const EngineBytes bytes{.token = one.kv_bytes(1),
                          .slot = one.bytes().fixed,
                          .logit = 4 * sizeof(float),
                          .worker = rsa::draw_bytes_per_id + 8 * std::int64_t{sizeof(float)}};
  require_memory_of(inputs, bytes, m.config().vocab_size, threads_or_all(session.threads),
                    kernels.describe());
  const std::int64_t population = inputs.settings.population;
  model::KernelEngine engine(m, population, bounds_of(inputs).cached_tokens / population,
                             logit_error(m.type()), kernels.describe());
  generate(options, inputs, engine, session);
}

void run_rsa(const RsaOptions& options, Session& session) {
  if (options.show_prompts) {
    const auto tokenizer = rsa_tokenizer(options);
    fmt::print("{}", show_templates(rsa_templates(options, tokenizer.text.get())));
    return;
  }
  options.check();
  if (options.kernels.on_reference()) {
    options.kernels.check_reference();
    return run_on_reference(options, session);
  }
  run_on_kernels(options, session);
}

}  // namespace

void add_rsa_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<RsaOptions>();
  CLI::App* command =
      app.add_subcommand("rsa", "Markovian RSA: reason in rounds from the tails of the last");
  add_options(*command, *options);
  command->footer(
      "Example: kernelgate rsa --model t1 --weights synthetic --input-ids \"2,39,76\" --n 4 --c 2 "
      "--t 2 --beta 32 --tau 8 --seed 1 --output rollouts.txt");
  command->callback([options, &session] { run_rsa(*options, session); });
}

}  // namespace kernelgate
