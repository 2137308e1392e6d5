// Conformance vectors on disk: inputs, expected outputs and the error bound of each element, as
// safetensors, for engines that cannot link this project (docs/vectors.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "harness/core/fill.hpp"
#include "harness/core/reference_values.hpp"
#include "harness/core/tensor.hpp"
#include "reference/safetensors.hpp"

namespace kernelgate {

/// Metadata of one vector.
struct VectorHead {
  std::string id;      // "linear/tokens=7,out=64,in=96,bf16/exact", "model/layers.0/attention"
  std::string kernel;  // "linear"; "model": a module of a whole model
  std::string axes;    // as in --case; for a model "layer=0,module=attention,f32"
  DataMode mode = DataMode::real;
  std::uint64_t seed = 0;
  std::vector<TensorSpec> specs;        // inputs, states and outputs
  std::vector<std::string> properties;  // judged besides the elements; without data

  bool of_model() const { return kernel == "model"; }
};

/// The tensors of a vector file: "<id>/in/<tensor>" in the tensor's own type, "<id>/want/<tensor>"
/// and "<id>/budget/<tensor>" f64, "<id>/at/<tensor>" i64. Without a budget (error bound) the
/// output is compared bit for bit. Without positions every element is judged, in order.
class VectorFile {
 public:
  /// For writing: copies everything.
  void add(const VectorHead& head, const TensorSet& before,
           const ReferenceValues& reference_values);
  void note(const std::string& key, const std::string& value);
  void write(const std::filesystem::path& file) const;

  /// Throws BadInput for an invalid file: unknown version, a tensor that is missing, superfluous or
  /// of another type or shape, positions out of range, budgets that are negative or NaN.
  static VectorFile read(const std::filesystem::path& file);

  const std::vector<VectorHead>& heads() const { return heads_; }
  const std::string& name() const { return name_; }
  /// Copies inputs and states into tensors made from the head's specs.
  void fill(const VectorHead& head, TensorSet& tensors) const;
  /// The reference as data, without its properties.
  ReferenceValues reference_values(const VectorHead& head) const;

 private:
  const reference::TensorView* find(const std::string& tensor) const;
  void check(const VectorHead& head) const;
  void check_against_reference(const VectorHead& head, const TensorSpec& spec) const;
  void put(const std::string& tensor, Dtype type, std::vector<std::int64_t> shape,
           const void* bytes, std::int64_t count);

  std::string name_;
  std::vector<VectorHead> heads_;
  reference::TensorMap map_;
  std::list<std::vector<std::byte>> owned_;  // for a file being written
};

}  // namespace kernelgate
