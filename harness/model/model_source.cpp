#include "harness/model/model_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/printable.hpp"
#include "harness/core/shell.hpp"
#include "harness/model/kernel_weights.hpp"
#include "harness/run/progress.hpp"
#include "reference/precision.hpp"
#include "reference/synthetic.hpp"

namespace kernelgate {
namespace {

// Rejects a model that is too large for the free memory before anything is allocated.
void require_memory_of(const std::string& name, Dtype type, std::int64_t layers) {
  auto config = reference::named_config(name);
  if (!config) return;  // synthetic_model() throws with the list of names
  reference::keep_layers(*config, layers, "--model " + name);
  require_memory(model::weight_bytes(*config, type),
                 fmt::format("--model {}: its synthetic {} weights", name, kernelgate::name(type)),
                 "expected less: --layers N, --dtype bf16");
}

/// Shows the progress while weights are generated.
reference::Made show_progress(Progress& progress) {
  return [&progress, shown = std::int64_t{0}](std::int64_t done, std::int64_t total) mutable {
    for (; shown < done * 100 / total; ++shown) {
      progress.step(fmt::format("{:.2f} of {:.2f} billion weights",
                                1e-9 * static_cast<double>(done),
                                1e-9 * static_cast<double>(total)));
    }
  };
}

}  // namespace

void ModelSource::check(const std::string& command) const {
  if (checkpoint.empty() != model.empty()) return;
  throw BadInput(command + ": give either --checkpoint DIR or --model NAME --weights synthetic");
}

reference::ModelConfig ModelSource::config() const {
  if (checkpoint.empty()) return reference::synthetic_config(model);
  const std::filesystem::path folder(checkpoint);
  reference::require_checkpoint_folder(folder);
  return reference::read_config(folder / "config.json");
}

Dtype ModelSource::synthetic_type() const {
  if (!dtype.empty()) return *parse_dtype(dtype);
  return model == "8b" || model == "74b" ? Dtype::bf16 : Dtype::f32;
}

Dtype ModelSource::storage(const reference::Checkpoint& loaded) const {
  return dtype.empty() ? loaded.weights.embedding.type() : *parse_dtype(dtype);
}

reference::Checkpoint ModelSource::load() const {
  if (!checkpoint.empty()) {
    reference::Checkpoint loaded = reference::load_checkpoint(checkpoint, layers);
    print_notices(loaded.notices);
    return loaded;
  }
  require_memory_of(model, synthetic_type(), layers);
  Progress progress("weights", 100);
  reference::SyntheticModel made =
      reference::synthetic_model(model, synthetic_type(), layers, show_progress(progress));
  progress.finish();
  return {std::move(made.config), std::move(made.weights), {}};
}

reference::Model ModelSource::load_reference() const {
  const reference::Precision rounding = reference::parse_precision(precision);
  const SkipRule rule = reference::parse_skip_rule(skip);
  reference::Checkpoint loaded = load();
  return {std::move(loaded.config), std::move(loaded.weights), rounding, rule};
}

void print_notices(const reference::Notices& notices) {
  std::fflush(stdout);
  for (const std::string& notice : notices) {
    fmt::print(stderr, "kernelgate: note: {}\n", printable_line(notice));
  }
}

std::vector<std::string> ModelSource::words() const {
  std::vector<std::string> list =
      checkpoint.empty() ? std::vector<std::string>{"--model", model, "--weights", weights}
                         : std::vector<std::string>{"--checkpoint", checkpoint};
  if (!dtype.empty()) list.insert(list.end(), {"--dtype", dtype});
  if (layers > 0) list.insert(list.end(), {"--layers", std::to_string(layers)});
  list.insert(list.end(), {"--skip-expert", skip, "--precision", precision});
  return list;
}

std::string ModelSource::repro_command() const { return shell_line(words()); }

}  // namespace kernelgate
