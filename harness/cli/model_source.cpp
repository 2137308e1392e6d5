#include "harness/cli/model_source.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "harness/core/error.hpp"
#include "reference/precision.hpp"
#include "reference/synthetic.hpp"

namespace kernelgate {
namespace {

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

}  // namespace

void ModelSource::add_to(CLI::App& command) {
  command.add_option("--checkpoint", checkpoint,
                     "Directory with config.json and safetensors, native or original names");
  command.add_option("--model", model, "Without a checkpoint: t0, t1, s340, 8b or 74b");
  command.add_option("--weights", weights, "Weights of --model")
      ->check(CLI::IsMember({"synthetic"}));
  command
      .add_option("--skip-expert", skip,
                  "What a skip token's MoE output is: zero, identity (p h) or drop (never chosen)")
      ->check(CLI::IsMember({"zero", "identity", "drop"}));
  command.add_option("--precision", precision,
                     "Where values are rounded: " +
                         fmt::format("{}", fmt::join(reference::precision_names(), " ")));
}

void ModelSource::check(const std::string& command) const {
  if (checkpoint.empty() != model.empty()) return;
  throw BadInput(command + ": give either --checkpoint DIR or --model NAME --weights synthetic");
}

reference::Checkpoint ModelSource::load() const {
  if (!checkpoint.empty()) return reference::load_checkpoint(checkpoint);
  require_memory(model);
  reference::SyntheticModel made = reference::synthetic_model(model);
  return {std::move(made.config), std::move(made.weights)};
}

reference::Model ModelSource::load_reference() const {
  const reference::Precision rounding = reference::parse_precision(precision);
  const SkipRule rule = reference::parse_skip_rule(skip);
  reference::Checkpoint loaded = load();
  return {std::move(loaded.config), std::move(loaded.weights), rounding, rule};
}

std::string ModelSource::again() const {
  const std::string from = checkpoint.empty()
                               ? fmt::format("--model {} --weights {}", model, weights)
                               : fmt::format("--checkpoint {}", checkpoint);
  return fmt::format("{} --skip-expert {} --precision {}", from, skip, precision);
}

}  // namespace kernelgate
