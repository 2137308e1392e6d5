#include "harness/cli/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "reference/precision.hpp"

namespace kernelgate {

void add_options(CLI::App& command, ModelSource& options) {
  command.add_option("--checkpoint", options.checkpoint,
                     "Directory with config.json and safetensors, native or original names");
  command.add_option("--model", options.model, "Without a checkpoint: t0, t1, s340, 8b or 74b");
  command.add_option("--weights", options.weights, "Weights of --model")
      ->check(CLI::IsMember({"synthetic"}));
  command
      .add_option(
          "--dtype", options.dtype,
          "Storage type of weights: default that of the checkpoint; of --model f32, and bf16 "
          "for 8b and 74b")
      ->check(CLI::IsMember({"f32", "bf16", "f16"}));
  command.add_option("--layers", options.layers, "Use only this many first layers")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--skip-expert", options.skip,
                  "MoE output of a skip token: zero, identity (p h) or drop (never chosen)")
      ->check(CLI::IsMember({"zero", "identity", "drop"}));
  command.add_option("--precision", options.precision,
                     "Where values are rounded: " +
                         fmt::format("{}", fmt::join(reference::precision_names(), " ")));
}

void add_options(CLI::App& command, KernelChoice& options) {
  command
      .add_option("--backend", options.backend,
                  "Backend that computes: reference, or the kernels of kokkos, source, ptx, "
                  "machine, cuda, hip")
      ->check(CLI::IsMember(std::vector<std::string>(backend_names.begin(), backend_names.end())));
  command.add_option("--variant", options.variants,
                     "Prefer this variant, for all kernels or as KERNEL=VARIANT; may repeat");
  command.add_option("--device", options.device,
                     "Virtual device of --backend source, such as nv-sm90");
  command.add_option("--schedule-seed", options.schedule_seed,
                     "Order of blocks, waves and lanes on a virtual device; 0: the natural one");
  command
      .add_option("--resident-experts", options.resident_experts,
                  "Keep this many experts in memory and evict the least recently used one; a "
                  "mapped file contains all")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20));
  command
      .add_option("--expert-folder", options.expert_folder,
                  "Folder for that file, which is deleted after the run (default: the folder for "
                  "temporary files)")
      ->check(CLI::ExistingDirectory);
  command.add_flag("--unchecked", options.unchecked,
                   "On a virtual device: faster, without instrumentation");
}

void add_options(CLI::App& command, QuantiseChoice& options) {
  CLI::Option* quantise = command
                              .add_option("--quantise", options.what,
                                          "Quantise weights to four bits at loading: experts, or "
                                          "all (experts, attention linears and LM head)")
                              ->check(CLI::IsMember({"experts", "all"}));
  command.add_option("--format", options.format, "Four-bit format of --quantise")
      ->check(CLI::IsMember({"mxfp4", "nf4"}))
      ->needs(quantise);
  command
      .add_option("--block", options.block,
                  "Weights per scale: 32 for mxfp4, 64 or another power of two for nf4")
      ->check(CLI::PositiveNumber)
      ->needs(quantise);
}

}  // namespace kernelgate
