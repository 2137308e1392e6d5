#include "harness/vectors/vector_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "harness/core/error.hpp"
#include "harness/vectors/vector_head_json.hpp"

namespace kernelgate {
namespace {

constexpr const char* format_name = "kernelgate-vectors";
constexpr const char* format_version = "1";

std::string in_name(const VectorHead& head, const std::string& tensor) {
  return head.id + "/in/" + tensor;
}
std::string part_name(const VectorHead& head, const char* part, const std::string& tensor) {
  return head.id + "/" + part + "/" + tensor;
}

bool has_input(const TensorSpec& spec) { return spec.role != Role::output; }
bool is_judged(const TensorSpec& spec) { return spec.role != Role::input; }

}  // namespace

void VectorFile::put(const std::string& tensor, Dtype type, std::vector<std::int64_t> shape,
                     const void* bytes, std::int64_t count) {
  auto& copy = owned_.emplace_back(static_cast<std::size_t>(count * size_bytes(type)));
  if (count > 0) std::memcpy(copy.data(), bytes, copy.size());
  map_.tensors[tensor] = {std::move(shape), Values(type, copy.data(), count)};
}

void VectorFile::add(const VectorHead& head, const TensorSet& before,
                     const ReferenceValues& reference_values) {
  heads_.push_back(head);
  for (const TensorSpec& spec : head.specs) {
    if (!has_input(spec)) continue;
    const Tensor& tensor = before[spec.name];
    put(in_name(head, spec.name), spec.type, spec.shape, tensor.data(), tensor.count());
  }
  for (const NumericReference& numeric : reference_values.numeric) {
    const auto count = static_cast<std::int64_t>(numeric.value.size());
    put(part_name(head, "want", numeric.tensor), Dtype::f64, {count}, numeric.value.data(), count);
    if (!numeric.error_bound.empty()) {
      put(part_name(head, "budget", numeric.tensor), Dtype::f64, {count},
          numeric.error_bound.data(), count);
    }
    if (!numeric.at.empty()) {
      put(part_name(head, "at", numeric.tensor), Dtype::i64, {count}, numeric.at.data(), count);
    }
  }
}

void VectorFile::note(const std::string& key, const std::string& value) {
  map_.metadata[key] = value;
}

void VectorFile::write(const std::filesystem::path& file) const {
  reference::TensorMap map = map_;
  map.metadata["format"] = format_name;
  map.metadata["version"] = format_version;
  map.metadata["vectors"] = heads_as_json(heads_);
  reference::write_safetensors(file, map);
}

VectorFile VectorFile::read(const std::filesystem::path& file) {
  VectorFile vectors;
  vectors.name_ = file.string();
  vectors.map_ = reference::read_safetensors(file);
  const auto metadata = [&](const char* key, const char* expected) {
    const auto found = vectors.map_.metadata.find(key);
    const std::string got =
        found == vectors.map_.metadata.end() ? "nothing" : "'" + found->second.substr(0, 80) + "'";
    if (got == "nothing" || (expected != nullptr && found->second != expected)) {
      throw BadInput(fmt::format("{}: metadata '{}': expected {}, got {}", vectors.name_, key,
                                 expected == nullptr ? "a text" : fmt::format("'{}'", expected),
                                 got));
    }
    return found->second;
  };
  metadata("format", format_name);
  metadata("version", format_version);
  vectors.heads_ = heads_from_json(metadata("vectors", nullptr), vectors.name_);
  for (const VectorHead& head : vectors.heads_) vectors.check(head);
  std::size_t expected = 0;
  for (const VectorHead& head : vectors.heads_) {
    for (const TensorSpec& spec : head.specs) {
      expected += has_input(spec);
      for (const char* part : {"want", "budget", "at"}) {
        expected += is_judged(spec) && vectors.find(part_name(head, part, spec.name)) != nullptr;
      }
    }
  }
  if (expected != vectors.map_.tensors.size()) {
    throw BadInput(fmt::format("{}: has {} tensors, its {} vectors name {}", vectors.name_,
                               vectors.map_.tensors.size(), vectors.heads_.size(), expected));
  }
  return vectors;
}

const reference::TensorView* VectorFile::find(const std::string& tensor) const {
  const auto found = map_.tensors.find(tensor);
  return found == map_.tensors.end() ? nullptr : &found->second;
}

void VectorFile::check(const VectorHead& head) const {
  bool judged = false;
  for (const TensorSpec& spec : head.specs) {
    if (has_input(spec)) {
      const std::string tensor = in_name(head, spec.name);
      const reference::TensorView* view = find(tensor);
      if (view == nullptr || view->values.type() != spec.type || view->shape != spec.shape) {
        throw BadInput(fmt::format(
            "{}: tensor '{}': expected {} [{}]{}", name_, tensor, kernelgate::name(spec.type),
            fmt::join(spec.shape, ","),
            view == nullptr ? ", there is none"
                            : fmt::format(", got {} [{}]", kernelgate::name(view->values.type()),
                                          fmt::join(view->shape, ","))));
      }
    }
    if (!is_judged(spec) || find(part_name(head, "want", spec.name)) == nullptr) continue;
    check_against_reference(head, spec);
    judged = true;
  }
  if (!judged && head.properties.empty()) {
    throw BadInput(fmt::format("{}: vector '{}' judges nothing", name_, head.id));
  }
}

void VectorFile::check_against_reference(const VectorHead& head, const TensorSpec& spec) const {
  const auto refuse = [&](const char* part, const std::string& expected) {
    throw BadInput(fmt::format("{}: tensor '{}': expected {}", name_,
                               part_name(head, part, spec.name), expected));
  };
  const reference::TensorView& want = *find(part_name(head, "want", spec.name));
  const reference::TensorView* at = find(part_name(head, "at", spec.name));
  const reference::TensorView* error_bound = find(part_name(head, "budget", spec.name));
  const std::int64_t count = want.values.size();
  if (want.values.type() != Dtype::f64) refuse("want", "f64");
  if (at == nullptr && count != spec.count()) {
    refuse("want", fmt::format("{} numbers, got {}", spec.count(), count));
  }
  if (at != nullptr) {
    if (at->values.type() != Dtype::i64 || at->values.size() != count) {
      refuse("at", fmt::format("{} positions, i64", count));
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const double position = at->values[i];
      if (!(position >= 0 && position < static_cast<double>(spec.count()))) {
        refuse("at", fmt::format("positions from 0 to {}, got {}", spec.count() - 1, position));
      }
    }
  }
  if (error_bound == nullptr) return;
  if (error_bound->values.type() != Dtype::f64 || error_bound->values.size() != count) {
    refuse("budget", fmt::format("{} numbers, f64", count));
  }
  for (std::int64_t i = 0; i < count; ++i) {
    if (!(error_bound->values[i] >= 0)) {
      refuse("budget", fmt::format("numbers from 0 on, got {}", error_bound->values[i]));
    }
  }
}

void VectorFile::fill(const VectorHead& head, TensorSet& tensors) const {
  for (const TensorSpec& spec : head.specs) {
    if (!has_input(spec)) continue;
    Tensor& tensor = tensors[spec.name];
    const Values from = find(in_name(head, spec.name))->values;
    if (tensor.bytes() > 0) {
      std::memcpy(tensor.data(), from.bytes(), static_cast<std::size_t>(tensor.bytes()));
    }
  }
}

ReferenceValues VectorFile::reference_values(const VectorHead& head) const {
  ReferenceValues reference_values;
  for (const TensorSpec& spec : head.specs) {
    if (!is_judged(spec)) continue;
    const reference::TensorView* want = find(part_name(head, "want", spec.name));
    if (want == nullptr) continue;
    NumericReference numeric{.tensor = spec.name, .at = {}, .value = {}, .error_bound = {}};
    numeric.value = numbers<double>(want->values);
    if (const auto* error_bound = find(part_name(head, "budget", spec.name))) {
      numeric.error_bound = numbers<double>(error_bound->values);
    }
    if (const auto* at = find(part_name(head, "at", spec.name))) {
      for (std::int64_t i = 0; i < at->values.size(); ++i) {
        numeric.at.push_back(static_cast<std::int64_t>(at->values[i]));
      }
    }
    reference_values.numeric.push_back(std::move(numeric));
  }
  return reference_values;
}

}  // namespace kernelgate
