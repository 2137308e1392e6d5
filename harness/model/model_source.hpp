// Options for a model's source and precision, shared by all commands that run a model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reference/checkpoint.hpp"
#include "reference/model.hpp"

namespace kernelgate {

/// The options --checkpoint, or --model with --weights; --layers, --dtype, --skip-expert,
/// --precision.
struct ModelSource {
  std::string checkpoint, model, weights = "synthetic";
  std::string skip = "zero", precision = "f32";
  std::string dtype;        // empty: the checkpoint's; synthetic: f32, for 8b and 74b bf16
  std::int64_t layers = 0;  // only the first so many; 0: all

  /// Throws BadInput, with the command's name, unless one of --checkpoint and --model was given.
  void check(const std::string& command) const;
  /// The configuration, read without the weights. Throws BadInput as load() does.
  reference::ModelConfig config() const;
  /// The storage type of kernels that run these weights.
  Dtype storage(const reference::Checkpoint& loaded) const;
  /// Configuration and weights, loaded with a progress bar. Throws BadInput for unreadable files,
  /// and for synthetic weights that do not fit into free memory, before they are generated.
  reference::Checkpoint load() const;
  /// The scalar reference model.
  reference::Model load_reference() const;
  /// The options that reproduce this choice, as words and quoted for bash.
  std::vector<std::string> words() const;
  std::string repro_command() const;

 private:
  Dtype synthetic_type() const;
};

/// Prints each notice to stderr, on its own line.
void print_notices(const reference::Notices& notices);

}  // namespace kernelgate
