#include "harness/vectors/engine_outputs.hpp"

#include <fmt/format.h>

#include <cstring>
#include <set>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

class EngineLaunch final : public Launch {
 public:
  EngineLaunch(const EngineOutputs& outputs, const VectorHead& head, TensorSet& tensors)
      : outputs_(outputs), head_(head), tensors_(tensors) {}
  void run() override { outputs_.copy_to(head_, tensors_); }

 private:
  const EngineOutputs& outputs_;
  const VectorHead& head_;
  TensorSet& tensors_;
};

}  // namespace

EngineOutputs::EngineOutputs(const std::vector<std::string>& files) : names_(files) {
  std::set<std::string> seen;
  for (const std::string& file : files) {
    files_.push_back(reference::read_safetensors(file));
    for (const auto& [name, tensor] : files_.back().tensors) {
      if (!seen.insert(name).second) {
        throw BadInput(fmt::format("{}: tensor '{}' occurs in another of these files too", file,
                                   name.substr(0, 200)));
      }
    }
  }
}

const reference::TensorView* EngineOutputs::find(const VectorHead& head,
                                                 const TensorSpec& spec) const {
  if (spec.role == Role::input) return nullptr;
  const std::string name = head.id + "/" + spec.name;
  for (const reference::TensorMap& file : files_) {
    const auto found = file.tensors.find(name);
    if (found != file.tensors.end()) return &found->second;
  }
  return nullptr;
}

void EngineOutputs::require_known(const std::vector<VectorHead>& heads) const {
  std::set<std::string> known;
  for (const VectorHead& head : heads) {
    for (const TensorSpec& spec : head.specs) {
      if (spec.role != Role::input) known.insert(head.id + "/" + spec.name);
    }
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    for (const auto& [name, tensor] : files_[i].tensors) {
      if (known.count(name) == 0) {
        throw BadInput(fmt::format("{}: tensor '{}': no vector has this output", names_[i],
                                   name.substr(0, 200)));
      }
    }
  }
}

std::optional<std::string> EngineOutputs::missing(const VectorHead& head) const {
  std::string wanted;
  for (const TensorSpec& spec : head.specs) {
    if (spec.role == Role::input) continue;
    if (find(head, spec) != nullptr) return std::nullopt;
    wanted += (wanted.empty() ? "" : ", ") + head.id + "/" + spec.name;
  }
  return "the engine gave no output of this vector: expected " + wanted;
}

void EngineOutputs::check_shapes(const VectorHead& head) const {
  for (const TensorSpec& spec : head.specs) {
    const reference::TensorView* got = find(head, spec);
    if (got == nullptr) continue;
    const bool whole = !is_floating(spec.type);
    if (got->shape != spec.shape || (whole && is_floating(got->values.type()))) {
      throw BadInput(fmt::format("output '{}/{}': expected {} [{}], got {} [{}]", head.id,
                                 spec.name, whole ? "whole numbers" : "numbers",
                                 fmt::join(spec.shape, ","), name(got->values.type()),
                                 fmt::join(got->shape, ",")));
    }
  }
}

void EngineOutputs::copy_to(const VectorHead& head, TensorSet& tensors) const {
  for (const TensorSpec& spec : head.specs) {
    const reference::TensorView* got = find(head, spec);
    if (got == nullptr) continue;
    Tensor& tensor = tensors[spec.name];
    if (got->values.type() == spec.type) {
      if (tensor.bytes() > 0) {
        std::memcpy(tensor.data(), got->values.bytes(), static_cast<std::size_t>(tensor.bytes()));
      }
      continue;
    }
    for (std::int64_t i = 0; i < tensor.count(); ++i) tensor.set(i, got->values[i]);
  }
}

Variant engine_variant(const std::string& engine, const EngineOutputs& outputs,
                       const VectorHead& head) {
  Variant variant;
  variant.name = "engine/" + engine;
  variant.backend = Backend::kokkos;  // on this host, like other libraries' baselines
  variant.note = "answers of an engine, read from files";
  variant.unsupported_reason = [&outputs, &head](const Case&, const NativeDevice*) {
    return outputs.missing(head);
  };
  variant.prepare = [&outputs, &head](const Case&, TensorSet& tensors, NativeDevice*) {
    return std::make_unique<EngineLaunch>(outputs, head, tensors);
  };
  return variant;
}

}  // namespace kernelgate
