// Reads an engine's outputs for vectors, and presents them as a variant that the verify module
// judges like any kernel.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/kernel.hpp"
#include "harness/vectors/vector_file.hpp"

namespace kernelgate {

/// Tensors "<id>/<tensor>" of any floating or integer type, from one or several files.
class EngineOutputs {
 public:
  /// Throws BadInput for a file that is not safetensors, and for a name in two files.
  explicit EngineOutputs(const std::vector<std::string>& files);

  /// Throws BadInput for a tensor that no vector has. A misspelled name would otherwise go
  /// unnoticed.
  void require_known(const std::vector<VectorHead>& heads) const;
  /// The reason why this vector cannot be judged at all; nothing if the engine gave an output of
  /// it.
  std::optional<std::string> missing(const VectorHead& head) const;
  /// Throws BadInput for an output of another shape, or of fractions where integers are expected.
  void check_shapes(const VectorHead& head) const;
  /// Copies the engine's outputs. A missing output stays unwritten, and the judge reports it.
  void copy_to(const VectorHead& head, TensorSet& tensors) const;

 private:
  const reference::TensorView* find(const VectorHead& head, const TensorSpec& spec) const;

  std::vector<reference::TensorMap> files_;
  std::vector<std::string> names_;
};

/// The variant "engine/NAME": writes the outputs for `head` as a kernel would write its results.
/// `outputs` and `head` must outlive it.
Variant engine_variant(const std::string& engine, const EngineOutputs& outputs,
                       const VectorHead& head);

}  // namespace kernelgate
