// kernelgate forward: the whole model on given tokens, for comparison with an engine.
#include <fmt/format.h>
#include <libfccp/csv.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <memory>

#include "harness/cli/forward_dump.hpp"
#include "harness/cli/session.hpp"
#include "reference/checkpoint.hpp"
#include "reference/model.hpp"
#include "reference/precision.hpp"
#include "reference/synthetic.hpp"

namespace kernelgate {
namespace {

struct Options {
  std::string checkpoint, model, weights = "synthetic", input_ids, output;
  std::string backend = "reference", skip = "zero", precision = "f32", dump = "logits";
  std::int64_t chunk = 0;
};

std::int32_t parse_id(std::string_view text, const std::string& where) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 0) {
    throw BadInput(fmt::format("{}: expected token ids such as 2,39,76, got '{}'", where, text));
  }
  return id;
}

// One token a line, column `id`.
std::vector<std::int32_t> read_ids(const std::string& file) {
  std::vector<std::int32_t> ids;
  try {
    io::CSVReader<1> reader(file);
    reader.read_header(io::ignore_no_column, "id");
    std::string text;
    while (reader.read_row(text)) {
      ids.push_back(parse_id(text, fmt::format("{}:{}", file, reader.get_file_line())));
    }
  } catch (const io::error::base& problem) {
    throw BadInput(fmt::format("{}: {} (expected the column id)", file, problem.what()));
  }
  return ids;
}

std::vector<std::int32_t> token_ids(const std::string& text) {
  if (text.ends_with(".csv")) return read_ids(text);
  std::vector<std::int32_t> ids;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    ids.push_back(parse_id(std::string_view(text).substr(from, comma - from), "--input-ids"));
    from = comma + 1;
  }
  return ids;
}

// Synthetic weights are made in f32; a model too large for that is refused before allocating.
void require_memory(const std::string& name) {
  const auto config = reference::named_config(name);
  if (!config) return;  // synthetic_model() names what exists
  double needed = 0;
  for (const reference::TensorName& tensor : reference::tensor_names(*config)) {
    double count = 1;
    for (const std::int64_t extent : tensor.shape) count *= static_cast<double>(extent);
    needed += 4 * count;
  }
  const double free =
      static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (needed <= 0.9 * free) return;
  throw BadInput(fmt::format(
      "--model {}: its synthetic f32 weights need {:.1f} GB, {:.1f} GB are free; give a checkpoint",
      name, 1e-9 * needed, 1e-9 * free));
}

reference::Model load_model(const Options& options) {
  const reference::Precision precision = reference::parse_precision(options.precision);
  const SkipRule skip = reference::parse_skip_rule(options.skip);
  if (!options.checkpoint.empty()) {
    reference::Checkpoint checkpoint = reference::load_checkpoint(options.checkpoint);
    return {std::move(checkpoint.config), std::move(checkpoint.weights), precision, skip};
  }
  require_memory(options.model);
  reference::SyntheticModel model = reference::synthetic_model(options.model);
  return {std::move(model.config), std::move(model.weights), precision, skip};
}

void run_forward(const Options& options) {
  if (options.checkpoint.empty() == options.model.empty()) {
    throw BadInput("forward: give either --checkpoint DIR or --model NAME --weights synthetic");
  }
  if (options.output.empty()) throw BadInput("--output: expected the name of a file, got nothing");
  const std::vector<std::int32_t> ids = token_ids(options.input_ids);
  if (ids.empty()) {
    throw BadInput(fmt::format("{}: expected at least one token id, got none", options.input_ids));
  }
  const reference::Model model = load_model(options);
  reference::State state = model.empty_state(1);
  ForwardDump dump;
  const std::size_t step = options.chunk > 0 ? static_cast<std::size_t>(options.chunk)
                                             : std::max<std::size_t>(ids.size(), 1);
  std::string argmax;
  for (std::size_t from = 0; from < ids.size(); from += step) {
    const std::span<const std::int32_t> chunk =
        std::span(ids).subspan(from, std::min(step, ids.size() - from));
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
  const reference::TensorMap tensors = dump.tensors();
  reference::write_safetensors(options.output, tensors);
  fmt::print("argmax  {}\n", argmax.empty() ? argmax : argmax.substr(1));
  fmt::print("wrote    {} ({} tensors, {} tokens, backend {}, precision {}, skip {})\n",
             options.output, tensors.tensors.size(), ids.size(), options.backend, options.precision,
             options.skip);
}

}  // namespace

void add_forward_command(CLI::App& app, Session&) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("forward", "Run the whole model on given token ids");
  command->add_option("--checkpoint", options->checkpoint,
                      "Directory with config.json and safetensors, native or original names");
  command->add_option("--model", options->model, "Without a checkpoint: t0, t1, s340, 8b or 74b");
  command->add_option("--weights", options->weights, "Weights of --model")
      ->check(CLI::IsMember({"synthetic"}));
  command
      ->add_option("--input-ids", options->input_ids,
                   "Token ids such as \"2,39,76\", or a .csv file with the column id")
      ->required();
  command->add_option("--output", options->output, "safetensors file to write")->required();
  command->add_option("--backend", options->backend, "Who computes")
      ->check(CLI::IsMember({"reference"}));
  command
      ->add_option("--skip-expert", options->skip,
                   "What a skip token's MoE output is: zero, identity (p h) or drop (never chosen)")
      ->check(CLI::IsMember({"zero", "identity", "drop"}));
  command->add_option("--precision", options->precision,
                      "Where values are rounded: " +
                          fmt::format("{}", fmt::join(reference::precision_names(), " ")));
  command->add_option("--chunk", options->chunk, "Feed the tokens in chunks of this size")
      ->check(CLI::PositiveNumber);
  command->add_option("--dump", options->dump, "logits, or all: streams and router choices too")
      ->check(CLI::IsMember({"logits", "all"}));
  command->footer(
      "Example: kernelgate forward --model t1 --weights synthetic --input-ids \"2,39,76,113\" "
      "--output out.safetensors --dump all");
  command->callback([options] { run_forward(*options); });
}

}  // namespace kernelgate
