// kernelgate throughput: tokens per second of a whole model, against this machine's peaks.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>

#include "harness/cli/commands.hpp"
#include "harness/cli/options.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/model/kernel_session.hpp"
#include "harness/model/page_memory.hpp"
#include "harness/model/throughput.hpp"
#include "harness/model/throughput_cell.hpp"
#include "harness/records/record_writer.hpp"
#include "harness/run/progress.hpp"
#include "harness/timing/roof.hpp"
#include "reference/batch.hpp"

namespace kernelgate {
namespace {

using Clock = std::chrono::steady_clock;

struct ThroughputArguments {
  ModelSource source;
  KernelChoice kernels;
  QuantiseChoice quantise;
  std::vector<std::int64_t> prompts, batches, contexts;
  std::int64_t steps = 16;
  int repetitions = 3;
  double time_limit = 900;
  bool full = false;
  std::uint64_t seed = 1;
  std::string records;
};

bool has_own_cells(const ThroughputArguments& options) {
  return !options.prompts.empty() || !options.batches.empty() || !options.contexts.empty();
}

std::vector<model::ThroughputCell> cells_of(const ThroughputArguments& options) {
  if (!has_own_cells(options)) return model::throughput_grid(options.full);
  std::vector<model::ThroughputCell> cells;
  cells.reserve(options.prompts.size());
  for (const std::int64_t prompt : options.prompts) cells.push_back({.prompt = prompt});
  if (options.batches.empty() && options.contexts.empty()) return cells;
  const std::vector<std::int64_t> one{1}, short_context{128};
  for (const std::int64_t b : options.batches.empty() ? one : options.batches) {
    for (const std::int64_t c : options.contexts.empty() ? short_context : options.contexts) {
      cells.push_back({.batch = b, .context = c, .steps = options.steps});
    }
  }
  return cells;
}

/// Rejects a cell of the command line that exceeds the model's longest context.
void require_cells_in_context(const ThroughputArguments& options) {
  if (!has_own_cells(options)) return;  // the default grid leaves such cells out
  const reference::ModelConfig config = options.source.config();
  for (const model::ThroughputCell& cell : cells_of(options)) {
    reference::require_context(
        config, cell.capacity(),
        cell.is_prefill() ? fmt::format("--pp {}", cell.prompt)
                          : fmt::format("--context {} and --tg {}", cell.context, cell.steps));
  }
}

/// Axes for quantised or offloaded weights, such as ",resident=32".
std::string choices_text(const ThroughputArguments& options) {
  if (options.kernels.resident_experts > 0) {
    return fmt::format(",resident={}", options.kernels.resident_experts);
  }
  if (!options.quantise.asked()) return "";
  return fmt::format(",quantise={},format={}", options.quantise.what, options.quantise.format);
}

std::vector<std::string> words_of(const model::ThroughputCell& cell) {
  if (cell.is_prefill()) return {"--pp", std::to_string(cell.prompt)};
  return {"--tg",      std::to_string(cell.steps),  "--batch", std::to_string(cell.batch),
          "--context", std::to_string(cell.context)};
}

Record record_of(const Session& session, const ThroughputArguments& options,
                 const KernelSession& kernels, const std::string& run_id,
                 const model::ThroughputCell& cell) {
  Record r = start_record(RowKind::bench, run_id);
  r.kernel = "model";
  r.variant = options.kernels.backend;
  r.backend = *parse_backend(options.kernels.backend);
  std::string test = cell.name();
  std::replace(test.begin(), test.end(), ' ', '_');
  r.axes = fmt::format(
      "model={},layers={},test={}{},{}",
      options.source.checkpoint.empty() ? options.source.model : options.source.checkpoint,
      kernels.checkpoint().config.num_blocks(), test, choices_text(options),
      name(kernels.weights().type()));
  r.dtype = name(kernels.weights().type());
  for (const std::vector<std::string>& words : {session.words(),
                                                options.source.words(),
                                                options.kernels.words(),
                                                options.quantise.words(),
                                                words_of(cell),
                                                {"--seed", std::to_string(options.seed)}}) {
    add_options(r, words);
  }
  return r;
}

class Throughput {
 public:
  Throughput(Session& session, const ThroughputArguments& options)
      : options_(options),
        session_(session),
        kernels_(session, options.kernels, options.source, options.quantise,
                 KernelSession::Originals::given_up) {
    if (!options.records.empty()) writer_.emplace(options.records, std::cerr);
  }

  void run() {
    const std::vector<model::ThroughputCell> cells = cells_of(options_);
    header();
    Progress progress("throughput", static_cast<std::int64_t>(cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const double left = options_.time_limit - spent();
      run_cell(cells[i], left / static_cast<double>(cells.size() - i), left);
      progress.step(cells[i].name());
      progress.clear();
    }
    progress.finish();
    footer();
  }

 private:
  double spent() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  void header() {
    const reference::ModelConfig& c = kernels_.checkpoint().config;
    fmt::print("model {}, {} of its layers, {}\n",
               options_.source.checkpoint.empty() ? options_.source.model + " (synthetic)"
                                                  : options_.source.checkpoint,
               c.num_blocks(), kernels_.describe());
    fmt::print("weights {:.2f} GB, of them copied {:.2f} GB; skip {}\n\n",
               gigabytes(model::weight_bytes(c, kernels_.weights().type(),
                                             kernels_.weights().quantisation())),
               gigabytes(kernels_.weights().copied_bytes()), options_.source.skip);
    print_throughput_head();
  }

  void refuse(const model::ThroughputCell& cell, const std::string& why) {
    fmt::print("{:<16} {}\n", cell.name(), why);
    Record r = record_of(session_, options_, kernels_, run_id_, cell);
    r.status = Status::unsupported;
    r.message = why;
    if (writer_) writer_->append(r);
  }

  void run_cell(const model::ThroughputCell& cell, double share, double left) {
    const reference::ModelConfig& config = kernels_.checkpoint().config;
    if (!reference::fits_context(config, cell.capacity())) {
      return refuse(cell, fmt::format("unsupported: {} tokens, the model's longest context is {}",
                                      cell.capacity(), config.max_positions));
    }
    const std::int64_t needs = model::cell_memory(config, kernels_.weights().type(), cell);
    // Peak bandwidth is measured between the runs, in a separate array.
    if (const auto shortage = memory_shortage(std::max(needs, Roofs().cold_bytes()))) {
      return refuse(cell, "unsupported: " + *shortage);
    }
    if (left <= 0) {
      return refuse(cell, fmt::format("not run: the time limit of {:.0f} s is over (--time-limit)",
                                      options_.time_limit));
    }
    MeasuredCell m;
    m.dtype = name(kernels_.weights().type());
    const auto begin = Clock::now();
    const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    if (!warm_) model::run_cell(kernels_.model(), {.prompt = 8}, options_.seed);
    warm_ = true;
    double longest = 0;
    PeakWatch peaks(Roofs().cold_bytes());
    for (int i = 0; i < options_.repetitions; ++i) {
      if (i > 0 && passed() + longest > share) break;
      m.runs.push_back(model::run_cell(kernels_.model(), cell, options_.seed));
      longest = std::max(longest, m.runs.back().seconds);
      peaks.update();
    }
    m.bandwidth = peaks.bandwidth();
    m.peak = peaks.peak();
    print_cell(cell, m);
    Record r = record_of(session_, options_, kernels_, run_id_, cell);
    fill(r, m);
    if (writer_) writer_->append(r);
    largest_cell_ = std::max(largest_cell_, needs);
    ++ran_;
  }

  std::int64_t weights_in_memory() const {
    const reference::ModelConfig& c = kernels_.checkpoint().config;
    const Dtype type = kernels_.weights().type();
    const std::int64_t all = model::weight_bytes(c, type, kernels_.weights().quantisation());
    if (kernels_.offload() == nullptr) return all;
    const std::int64_t experts =
        3 * c.hidden_size * c.expert_size * size_bytes(type) * kernels_.offload()->all_experts();
    return all - experts + kernels_.offload()->resident_bytes();
  }

  void footer() {
    if (ran_ == 0) {
      fmt::print("nothing ran\n");
      session_.end_with(ExitCode::nothing_ran);
      return;
    }
    const std::int64_t weights = weights_in_memory();
    fmt::print(
        "\nthe roofline time counts weights once per pass, the experts hit, keys and values\n"
        "peak memory {:.2f} GB: weights {:.2f}, cache and work space {:.2f}, the rest {:.2f}\n",
        gigabytes(model::peak_memory()), gigabytes(weights), gigabytes(largest_cell_),
        gigabytes(model::peak_memory() - weights - largest_cell_));
  }

  const ThroughputArguments& options_;
  Session& session_;
  KernelSession kernels_;
  std::optional<RecordWriter> writer_;
  std::string run_id_ = new_run_id();
  Clock::time_point start_ = Clock::now();
  bool warm_ = false;
  std::int64_t ran_ = 0, largest_cell_ = 0;
};

void run_throughput(Session& session, const ThroughputArguments& options) {
  options.source.check("throughput");
  const auto backend = parse_backend(options.kernels.backend);
  if (backend != Backend::kokkos && backend != Backend::cuda && backend != Backend::hip) {
    throw BadInput(
        fmt::format("--backend {}: unsupported: its times are no measurements; expected "
                    "kokkos, cuda or hip",
                    options.kernels.backend));
  }
  require_cells_in_context(options);
  Throughput(session, options).run();
}

}  // namespace

void add_throughput_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<ThroughputArguments>();
  CLI::App* command = app.add_subcommand(
      "throughput", "Time prefill (pp) and decode (tg) of a whole model on this machine");
  options->kernels.backend = "kokkos";
  add_options(*command, options->source);
  add_options(*command, options->kernels);
  add_options(*command, options->quantise);
  command->add_option("--pp", options->prompts, "Prefill of this many tokens; may repeat")
      ->check(CLI::Range(1, 262144));
  command->add_option("--batch", options->batches, "Sequences of a decode; may repeat")
      ->check(CLI::Range(1, 4096));
  command
      ->add_option("--context", options->contexts,
                   "Tokens that each sequence of a decode contains already; may repeat")
      ->check(CLI::Range(1, 262144 - 4096));
  command->add_option("--tg", options->steps, "Tokens that each sequence of a decode gets")
      ->check(CLI::Range(1, 4096));
  command->add_flag("--full", options->full, "The whole grid");
  command->add_option("--repetitions", options->repetitions, "Maximum number of runs per cell")
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--time-limit", options->time_limit,
                   "Seconds for all cells; later cells are not run")
      ->check(CLI::PositiveNumber);
  command->add_option("--seed", options->seed, "Of the tokens and of a decode's context");
  command->add_option("--records", options->records, "Append one row per cell to this CSV file");
  command->footer(
      "Example: kernelgate throughput --model s340 --dtype bf16 --pp 128 --batch 1 --batch 8 "
      "--context 128 --tg 4");
  command->callback([&session, options] { run_throughput(session, *options); });
}

}  // namespace kernelgate
