// Where a command's model comes from, and how it is to round: options that are the same in every
// command that runs a model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reference/checkpoint.hpp"
#include "reference/model.hpp"

namespace CLI {
class App;
}

namespace kernelgate {

/// --checkpoint, or --model with --weights; --layers, --dtype, --skip-expert, --precision.
struct ModelSource {
  std::string checkpoint, model, weights = "synthetic";
  std::string skip = "zero", precision = "f32";
  std::string dtype;        // empty: what the checkpoint has; synthetic: f32, 8b and 74b bf16
  std::int64_t layers = 0;  // the first ones alone; 0: all

  void add_to(CLI::App& command);
  /// Throws BadInput, naming the command, unless one of --checkpoint and --model was given.
  void check(const std::string& command) const;
  /// Sizes alone, read without the weights. Throws BadInput as load() does.
  reference::ModelConfig config() const;
  /// The storage type of kernels that run these weights.
  Dtype storage(const reference::Checkpoint& loaded) const;
  /// Configuration and weights, with a progress bar. Throws BadInput for what cannot be read, and
  /// for synthetic weights that do not fit into free memory, before they are made.
  reference::Checkpoint load() const;
  /// The scalar model.
  reference::Model load_reference() const;
  /// The options that choose the same model again, as words and quoted for bash.
  std::vector<std::string> words() const;
  std::string again() const;

 private:
  Dtype synthetic_type() const;
};

/// Prints each notice on a line of its own to stderr.
void print_notices(const reference::Notices& notices);

}  // namespace kernelgate
