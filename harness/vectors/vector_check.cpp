#include "harness/vectors/vector_check.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

/// A vector of a file as a case. `fill` and `truth` read the file instead of computing.
class FileCase final : public Case {
 public:
  FileCase(const VectorFile& file, const VectorHead& head) : file_(file), head_(head) {}
  std::string kernel() const override { return head_.kernel; }
  std::string axes() const override { return head_.axes; }
  Traffic traffic() const override { return {}; }
  std::vector<TensorSpec> tensors() const override { return head_.specs; }
  void fill(TensorSet& tensors, DataMode, std::uint64_t) const override {
    file_.fill(head_, tensors);
  }
  ReferenceValues reference_values(const TensorSet&, DataMode, std::uint64_t) const override {
    return file_.reference_values(head_);
  }
  std::optional<std::string> exact_not_applicable() const override { return std::nullopt; }

 private:
  const VectorFile& file_;
  const VectorHead& head_;
};

bool same_spec(const TensorSpec& a, const TensorSpec& b) {
  return a.name == b.name && a.type == b.type && a.shape == b.shape && a.role == b.role;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// Compares the file with this build's data for the same case; returns where they differ, or
/// nothing.
std::optional<std::string> difference(const VectorFile& file, const VectorHead& head,
                                      const Case& shape) {
  const std::vector<TensorSpec> specs = shape.tensors();
  if (!std::equal(specs.begin(), specs.end(), head.specs.begin(), head.specs.end(), same_spec)) {
    return "its tensors";
  }
  TensorSet made(specs), held(specs);
  shape.fill(made, head.mode, head.seed);
  file.fill(head, held);
  for (const TensorSpec& spec : specs) {
    if (spec.role == Role::output) continue;
    if (made[spec.name].fingerprint() != held[spec.name].fingerprint()) {
      return fmt::format("input '{}'", spec.name);
    }
  }
  made.poison_outputs();
  const ReferenceValues now = shape.reference_values(made, head.mode, head.seed),
                        then = file.reference_values(head);
  for (const NumericReference& numeric : then.numeric) {
    bool same = false;
    for (const NumericReference& other : now.numeric) {
      same = same || (other.tensor == numeric.tensor && other.at == numeric.at &&
                      same_bits(other.value, numeric.value) &&
                      same_bits(other.error_bound, numeric.error_bound));
    }
    if (!same) return fmt::format("what is expected of '{}'", numeric.tensor);
  }
  if (then.numeric.size() != now.numeric.size()) return "the outputs that it judges";
  return std::nullopt;
}

}  // namespace

CheckResult check_vector(const Registry& registry, const VectorFile& file, const VectorHead& head,
                         const Variant& engine) {
  if (head.of_model()) {
    const FileCase shape(file, head);
    return PreparedCase(shape, head.mode, head.seed).check(engine);
  }
  const std::unique_ptr<Case> shape = registry.find(head.kernel).parse(head.axes);
  if (const auto what = difference(file, head, *shape)) {
    throw BadInput(fmt::format(
        "{}: vector '{}': {} differs from what this build makes: altered, or of another version; "
        "the command vectors export writes it anew",
        file.name(), head.id, *what));
  }
  return PreparedCase(*shape, head.mode, head.seed).check(engine);
}

std::optional<std::string> add_kernel_vector(VectorFile& file, const Case& shape, DataMode mode,
                                             std::uint64_t seed, std::int64_t max_elements) {
  if (mode == DataMode::exact) {
    if (const auto why = shape.exact_not_applicable()) return "no exact inputs: " + *why;
  }
  VectorHead head{.id = shape.id() + "/" + std::string(name(mode)),
                  .kernel = shape.kernel(),
                  .axes = shape.axes(),
                  .mode = mode,
                  .seed = seed,
                  .specs = shape.tensors(),
                  .properties = {}};
  std::int64_t elements = 0;
  for (const TensorSpec& spec : head.specs) elements += spec.count();
  if (elements > max_elements) {
    return fmt::format("{} elements, above --max-elements {}", elements, max_elements);
  }
  TensorSet before(head.specs);
  shape.fill(before, mode, seed);
  before.poison_outputs();
  const ReferenceValues reference_values = shape.reference_values(before, mode, seed);
  for (const Property& property : reference_values.properties)
    head.properties.push_back(property.name);
  file.add(head, before, reference_values);
  return std::nullopt;
}

}  // namespace kernelgate
