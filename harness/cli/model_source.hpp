// Where a command's model comes from, and how it is to round: options that are the same in every
// command that runs a model.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "reference/checkpoint.hpp"
#include "reference/model.hpp"

namespace kernelgate {

/// --checkpoint, or --model with --weights; --skip-expert, --precision.
struct ModelSource {
  std::string checkpoint, model, weights = "synthetic";
  std::string skip = "zero", precision = "f32";

  void add_to(CLI::App& command);
  /// Throws BadInput, naming the command, unless one of --checkpoint and --model was given.
  void check(const std::string& command) const;
  /// Configuration and weights. Throws BadInput for what cannot be read, and for synthetic weights
  /// that do not fit into free memory, before they are made.
  reference::Checkpoint load() const;
  /// The scalar model.
  reference::Model load_reference() const;
  /// The options that choose the same model again.
  std::string again() const;
};

}  // namespace kernelgate
