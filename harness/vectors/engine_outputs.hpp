// What an engine answered to vectors, and the same answers as a variant that the verify room
// judges like any kernel.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/kernel.hpp"
#include "harness/vectors/vector_file.hpp"

namespace kernelgate {

/// Tensors "<id>/<tensor>" of any floating or whole type, of one or several files.
class EngineOutputs {
 public:
  /// Throws BadInput for what is no safetensors file, and for a name in two files.
  explicit EngineOutputs(const std::vector<std::string>& files);

  /// Throws BadInput for a tensor that no vector asks for: a misspelled one would pass unseen.
  void require_known(const std::vector<VectorHead>& heads) const;
  /// Why this vector cannot be judged at all; nothing when the engine gave an output of it.
  std::optional<std::string> missing(const VectorHead& head) const;
  /// Throws BadInput for an output of another shape, or of fractions where whole numbers belong.
  void check_shapes(const VectorHead& head) const;
  /// Copies what the engine gave; an output that it did not give stays unwritten, and is found so.
  void copy_to(const VectorHead& head, TensorSet& tensors) const;

 private:
  const reference::TensorView* find(const VectorHead& head, const TensorSpec& spec) const;

  std::vector<reference::TensorMap> files_;
  std::vector<std::string> names_;
};

/// "engine/NAME": writes the answers to `head` where a kernel would write its results. Both must
/// outlive it.
Variant engine_variant(const std::string& engine, const EngineOutputs& outputs,
                       const VectorHead& head);

}  // namespace kernelgate
