// kernelgate vectors: exports inputs and expected outputs for engines that cannot link this
// project, and judges an engine's outputs.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "harness/cli/commands.hpp"
#include "harness/cli/options.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/output_file.hpp"
#include "harness/core/shell.hpp"
#include "harness/model/model_source.hpp"
#include "harness/model/token_ids.hpp"
#include "harness/records/record_writer.hpp"
#include "harness/report/junit.hpp"
#include "harness/report/table.hpp"
#include "harness/run/selection.hpp"
#include "harness/run/session.hpp"
#include "harness/vectors/model_vectors.hpp"
#include "harness/vectors/vector_check.hpp"
#include "reference/batch.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  SelectionOptions cases;
  ModelSource model;
  std::string input_ids, output;
  std::uint64_t seed = 1;
  std::int64_t max_elements = 1 << 20;
};

struct CheckOptions {
  std::vector<std::string> vectors, outputs, only;
  std::string engine = "engine", records, junit;
};

void write(VectorFile& file, const fs::path& path) {
  file.note("made_by", "kernelgate " + detect_environment().commit);
  file.write(path);
  fmt::print("wrote {} ({} vectors)\n", path.string(), file.heads().size());
}

// Writes one file per kernel, with each case once. Returns the number of vectors.
std::int64_t export_kernels(const Session& session, const ExportOptions& options) {
  std::map<std::string, VectorFile> files;
  std::map<std::string, std::int64_t> left_out;
  std::set<std::string> seen;
  for (const SuiteCase& c : options.cases.select(session.registry(), nullptr)) {
    if (!seen.insert(c.shape->id()).second) continue;
    for (const DataMode mode : {DataMode::exact, DataMode::real}) {
      VectorFile& file = files[c.kernel->name];
      if (add_kernel_vector(file, *c.shape, mode, options.seed, options.max_elements)) {
        ++left_out[c.kernel->name];
      }
    }
  }
  std::int64_t vectors = 0;
  for (auto& [kernel, file] : files) {
    vectors += static_cast<std::int64_t>(file.heads().size());
    if (!file.heads().empty()) write(file, fs::path(options.output) / (kernel + ".safetensors"));
  }
  for (const auto& [kernel, count] : left_out) {
    fmt::print("{}: {} left out: no exact inputs, or above --max-elements {}\n", kernel, count,
               options.max_elements);
  }
  return vectors;
}

std::int64_t export_model(const ExportOptions& options) {
  const std::vector<std::int32_t> ids = read_token_ids(options.input_ids, "--input-ids");
  reference::require_token_ids(options.model.config(), ids, "--input-ids");
  const reference::Model model = options.model.load_reference();
  const auto tokens = static_cast<std::int64_t>(ids.size());
  require_memory(model_vector_bytes(model.config(), tokens),
                 fmt::format("vectors export: the model's vectors of {} tokens", tokens),
                 "expected fewer tokens or --layers N");
  VectorFile file;
  const ModelVectorCounts counts =
      add_model_vectors(file, model, reference::parse_skip_rule(options.model.skip), ids);
  file.note("model", options.model.repro_command());
  file.note("skip", options.model.skip);
  file.note("input_ids", fmt::format("{}", fmt::join(ids, ",")));
  write(file, fs::path(options.output) / "model.safetensors");
  fmt::print("{} of {} routed tokens are not judged: their router's margin is below its error\n",
             counts.undecided, counts.tokens);
  return counts.vectors;
}

void run_export(Session& session, const ExportOptions& options) {
  const bool model = !options.model.checkpoint.empty() || !options.model.model.empty();
  const SelectionOptions& c = options.cases;
  const bool kernels = !c.suites.empty() || !c.cases.empty() || !c.kernels.empty();
  if (!model && !kernels) {
    throw BadInput(
        "vectors export: expected --suite, --case or --kernel, or --checkpoint or --model");
  }
  if (model) {
    options.model.check("vectors export");
    if (options.model.precision != "f32") {
      throw BadInput(
          fmt::format("--precision {}: unsupported: error bounds are derived for engines that "
                      "compute in f32; expected f32",
                      options.model.precision));
    }
  }
  make_folder(options.output, "--output");
  std::int64_t vectors = 0;
  if (kernels) vectors += export_kernels(session, options);
  if (model) vectors += export_model(options);
  if (vectors == 0) session.end_with(ExitCode::nothing_ran);
}

std::vector<VectorFile> read_vectors(const CheckOptions& options) {
  std::vector<VectorFile> files;
  for (const std::string& name : options.vectors) {
    if (!fs::is_directory(name)) {
      files.push_back(VectorFile::read(name));
      continue;
    }
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(name)) {
      if (entry.path().extension() == ".safetensors") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) files.push_back(VectorFile::read(path));
  }
  if (files.empty()) throw BadInput("--vectors: expected at least one .safetensors file");
  return files;
}

Record record_of(const CheckResult& result, const VectorHead& head, const std::string& run_id) {
  Record r = start_record(RowKind::check, run_id);
  r.kernel = result.kernel;
  r.variant = result.variant;
  r.backend = result.backend;
  r.axes = result.axes;
  for (const TensorSpec& spec : head.specs) {
    if (spec.role != Role::input) r.dtype = name(spec.type);
    if (spec.role != Role::input && is_floating(spec.type)) break;
  }
  r.data = result.mode;
  r.seed = result.seed;
  r.status = result.status;
  r.message = result.message;
  if (result.status == Status::unsupported) return r;
  r.checked = result.checked;
  r.total = result.total;
  if (result.mode == DataMode::real) r.worst_error_ratio = result.worst_ratio;
  return r;
}

/// Judges all vectors of all files, prints failures, appends rows.
class VectorsCheck {
 public:
  VectorsCheck(Session& session, const CheckOptions& options)
      : session_(session), options_(options), outputs_(options.outputs) {
    if (!options.records.empty()) writer_.emplace(options.records, std::cerr);
  }

  void run() {
    const std::vector<VectorFile> files = read_vectors(options_);
    std::vector<VectorHead> heads;
    for (const VectorFile& file : files) {
      heads.insert(heads.end(), file.heads().begin(), file.heads().end());
    }
    outputs_.require_known(heads);
    for (const VectorHead& head : heads) outputs_.check_shapes(head);
    for (const std::string& id : options_.only) {
      if (std::none_of(heads.begin(), heads.end(), [&](const auto& h) { return h.id == id; })) {
        throw BadInput(fmt::format("--only {}: these files have no such vector", id));
      }
    }
    for (const VectorFile& file : files) {
      for (const VectorHead& head : file.heads()) judge_one(file, head);
    }
    finish();
  }

 private:
  void judge_one(const VectorFile& file, const VectorHead& head) {
    const auto& only = options_.only;
    if (!only.empty() && std::find(only.begin(), only.end(), head.id) == only.end()) return;
    const Variant engine = engine_variant(options_.engine, outputs_, head);
    const CheckResult result = check_vector(session_.registry(), file, head, engine);
    rows_.push_back(record_of(result, head, run_id_));
    add_options(rows_.back(), words_for(head.id));
    if (writer_) writer_->append(rows_.back());
    if (result.status == Status::passed || result.status == Status::unsupported) return;
    session_.end_with(ExitCode::incorrect);
    fmt::print("{:<11}  {}\n{}", name(result.status), head.id, result.message);
    fmt::print("  rerun    {}\n", on_terminal(repro_command(rows_.back())));
  }

  std::vector<std::string> words_for(const std::string& vector) const {
    std::vector<std::string> words{"--only", vector};
    for (const std::string& name : options_.vectors) {
      words.insert(words.end(), {"--vectors", name});
    }
    for (const std::string& name : options_.outputs) {
      words.insert(words.end(), {"--outputs", name});
    }
    words.insert(words.end(), {"--engine", options_.engine});
    return words;
  }

  void finish() {
    if (!options_.junit.empty()) write_junit(options_.junit, rows_);
    fmt::print("{}", check_table(rows_));
    const bool judged = std::any_of(rows_.begin(), rows_.end(), [](const Record& r) {
      return r.status != Status::unsupported;
    });
    if (!judged) session_.end_with(ExitCode::nothing_ran);
  }

  Session& session_;
  const CheckOptions& options_;
  EngineOutputs outputs_;
  std::optional<RecordWriter> writer_;
  std::string run_id_ = new_run_id();
  std::vector<Record> rows_;
};

void add_export(CLI::App& parent, Session& session) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = parent.add_subcommand(
      "export", "Write inputs, expected outputs and error bounds as safetensors");
  add_options(*command, options->cases);
  add_options(*command, options->model);
  command->add_option(
      "--input-ids", options->input_ids,
      "Tokens of a model's vectors: \"2,39,76\", or a file with such a list or a CSV "
      "column id");
  command->add_option("--seed", options->seed, "Seed of the kernels' inputs");
  command
      ->add_option("--max-elements", options->max_elements,
                   "Skip cases of kernels with more elements")
      ->check(CLI::PositiveNumber);
  command->add_option("--output", options->output, "Folder to write to")->required();
  command->footer(
      "Example: kernelgate vectors export --suite smoke --output vectors\n"
      "         kernelgate vectors export --model t1 --input-ids \"2,39,76,113\" --output vectors");
  command->callback([&session, options] { run_export(session, *options); });
}

void add_check(CLI::App& parent, Session& session) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      parent.add_subcommand("check", "Judge the outputs of an engine by the rules of check");
  command->add_option("--vectors", options->vectors, "Vector file, or folder of them; may repeat")
      ->required();
  command
      ->add_option("--outputs", options->outputs,
                   "safetensors with the engine's outputs, \"<vector>/<tensor>\"; may repeat")
      ->required();
  command->add_option("--engine", options->engine, "Name of the engine in the records");
  command->add_option("--only", options->only, "Judge only this vector; may repeat");
  command->add_option("--records", options->records, "Append one row per vector to this CSV file");
  command->add_option("--junit", options->junit, "Write the results as JUnit XML");
  command->footer(
      "Example: kernelgate vectors check --vectors vectors --outputs answers.safetensors --engine "
      "mine");
  command->callback([&session, options] { VectorsCheck(session, *options).run(); });
}

}  // namespace

void add_vectors_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand(
      "vectors", "Conformance vectors for engines: write them, judge an engine's outputs");
  command->require_subcommand(1);
  add_export(*command, session);
  add_check(*command, session);
}

}  // namespace kernelgate
