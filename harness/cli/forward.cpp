// kernelgate forward: runs the whole model on given tokens, for comparison with an engine.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/cli/options.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/model/forward_dump.hpp"
#include "harness/model/forward_kernels.hpp"
#include "harness/model/kernel_session.hpp"
#include "harness/model/model_source.hpp"
#include "harness/model/throughput.hpp"
#include "harness/model/token_ids.hpp"
#include "harness/run/session.hpp"
#include "reference/batch.hpp"

namespace kernelgate {
namespace {

struct ForwardArguments {
  ModelSource model;
  KernelChoice kernels;
  QuantiseChoice quantise;
  KernelForward on_kernels;
  std::string input_ids, output;
  std::string dump = "logits";
  std::int64_t chunk = 0;
};

/// Bytes needed beside the weights: the state of a sequence, and the results until they are
/// written. The scalar reference computes in f64. The dump stores f32 twice: as collected and as
/// tensors.
std::int64_t forward_bytes(const ForwardArguments& options, const reference::ModelConfig& c,
                           Dtype type, std::int64_t tokens) {
  const std::int64_t f32 = size_bytes(Dtype::f32), f64 = size_bytes(Dtype::f64);
  const std::int64_t dumped = 2 * f32;
  const std::int64_t collected = 2 * f32;  // a growing vector may be half empty
  std::int64_t of_logit = f64 + dumped;
  std::int64_t of_layer = 2 * f64 * c.kv_size() + f64 * c.channels();  // reference::BlockState
  // The residual stream and the results of attention and experts.
  if (options.dump == "all") of_layer += 3 * dumped * c.hidden_size;
  if (options.on_kernels.compare) {
    of_logit += f64 + collected;            // of the reference, and of the kernels
    of_layer += collected * c.hidden_size;  // the kernels' residual stream
  }
  // In one block, the reference stores about eight f64 rows of the stream's width per token.
  const std::int64_t of_block = 8 * f64 * c.hidden_size;
  return model::cell_memory(c, type, {.prompt = tokens}) +
         tokens * (of_logit * c.vocab_size + of_block + c.num_blocks() * of_layer);
}

void require_forward_memory(const ForwardArguments& options, const reference::ModelConfig& config,
                            Dtype type, std::size_t tokens) {
  const auto count = static_cast<std::int64_t>(tokens);
  require_memory(forward_bytes(options, config, type, count),
                 fmt::format("forward: caches and results of {} tokens", count),
                 "expected fewer tokens or --layers N");
}

std::string run_reference(const ForwardArguments& options, std::span<const std::int32_t> ids,
                          ForwardDump& dump) {
  const reference::Model model = options.model.load_reference();
  require_forward_memory(options, model.config(), Dtype::f32, ids.size());
  reference::State state = model.empty_state(1);
  const std::size_t step = options.chunk > 0 ? static_cast<std::size_t>(options.chunk)
                                             : std::max<std::size_t>(ids.size(), 1);
  std::string argmax;
  for (std::size_t from = 0; from < ids.size(); from += step) {
    const std::span<const std::int32_t> chunk =
        ids.subspan(from, std::min(step, ids.size() - from));
    const reference::Logits logits =
        model.forward(reference::TokenBatch::single(chunk), state,
                      {.slots = {},
                       .logits = reference::LogitsFor::every_token,
                       .observer = options.dump == "all" ? &dump : nullptr});
    dump.add_logits(logits);
    for (std::int64_t t = 0; t < logits.tokens; ++t) {
      argmax += fmt::format(" {}", logits.argmax(0, t));
    }
  }
  return argmax;
}

void run_forward(const ForwardArguments& options, Session& session) {
  options.model.check("forward");
  if (options.output.empty()) throw BadInput("--output: expected the name of a file, got nothing");
  const std::vector<std::int32_t> ids = read_token_ids(options.input_ids, "--input-ids");
  if (options.on_kernels.compare && options.kernels.on_reference()) {
    throw BadInput("--compare: compares kernels with the reference; expected another --backend");
  }
  if (options.quantise.asked() && options.kernels.on_reference()) {
    throw BadInput(
        "--quantise: the scalar reference has no weights of four bits; expected another "
        "--backend");
  }
  if (options.on_kernels.check_finite && options.kernels.on_reference()) {
    throw BadInput(
        "--check-finite: looks at the operations of kernels; expected another --backend");
  }
  if (options.kernels.on_reference()) options.kernels.check_reference();
  reference::require_token_ids(options.model.config(), ids, "--input-ids");
  ForwardDump dump;
  std::string argmax, who = "backend reference, precision " + options.model.precision;
  if (options.kernels.on_reference()) {
    argmax = run_reference(options, ids, dump);
  } else {
    KernelSession kernels(session, options.kernels, options.model, options.quantise);
    require_forward_memory(options, kernels.checkpoint().config, kernels.weights().type(),
                           ids.size());
    KernelForward how = options.on_kernels;
    how.chunk = options.chunk;
    how.dump_all = options.dump == "all";
    const KernelForwardResult result = run_kernel_forward(kernels, options.model, ids, how, dump);
    argmax = result.argmax;
    who = kernels.describe();
    session.end_with(result.exit);
  }
  const reference::TensorMap tensors = dump.tensors();
  reference::write_safetensors(options.output, tensors);
  fmt::print("argmax  {}\n", argmax.empty() ? argmax : argmax.substr(1));
  fmt::print("wrote    {} ({} tensors, {} tokens, {}, skip {})\n", options.output,
             tensors.tensors.size(), ids.size(), who, options.model.skip);
}

}  // namespace

void add_forward_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<ForwardArguments>();
  CLI::App* command = app.add_subcommand("forward", "Run the whole model on given token ids");
  add_options(*command, options->model);
  command
      ->add_option("--input-ids", options->input_ids,
                   "Token ids such as \"2,39,76\", or a file with such a list or a CSV column id")
      ->required();
  command->add_option("--output", options->output, "safetensors file to write")->required();
  add_options(*command, options->kernels);
  add_options(*command, options->quantise);
  command->add_flag("--compare", options->on_kernels.compare,
                    "Judge every operation of the kernels on its own inputs, and the drift against "
                    "the scalar model");
  command->add_flag(
      "--check-finite", options->on_kernels.check_finite,
      "Report the first operation whose result has an infinity or a NaN, with its layer and "
      "inputs, and how close each operation comes to the limit of its type");
  command->add_option("--seed", options->on_kernels.seed,
                      "Which elements of large operations --compare judges");
  command->add_option("--chunk", options->chunk, "Feed the tokens in chunks of this size")
      ->check(CLI::PositiveNumber);
  command->add_option("--dump", options->dump, "logits, or all: streams and router choices too")
      ->check(CLI::IsMember({"logits", "all"}));
  command->footer(
      "Example: kernelgate forward --model t1 --weights synthetic --input-ids \"2,39,76,113\" "
      "--output out.safetensors --dump all\n"
      "         kernelgate forward --model t1 --backend kokkos --dtype bf16 --compare --input-ids "
      "\"2,39,76,113\" --output out.safetensors");
  command->callback([options, &session] { run_forward(*options, session); });
}

}  // namespace kernelgate
