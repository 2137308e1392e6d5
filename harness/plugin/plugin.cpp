#include "harness/plugin/plugin.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

#include "harness/plugin/kernelgate_plugin.h"

namespace kernelgate {
namespace {

kg_role role_of(Role role) {
  switch (role) {
    case Role::input:
      return KG_INPUT;
    case Role::output:
      return KG_OUTPUT;
    default:
      return KG_STATE;
  }
}

/// A case in the words of C; owns every text and shape that it points to.
class CaseInC {
 public:
  /// Without tensors: what refusal() sees.
  CaseInC(const Case& shape, TensorSet* tensors)
      : kernel_(shape.kernel()), axes_(shape.axes()), specs_(shape.tensors()) {
    for (const TensorSpec& spec : specs_) {
      types_.emplace_back(name(spec.type));
    }
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      const TensorSpec& spec = specs_[i];
      tensors_.push_back({.name = spec.name.c_str(),
                          .type = types_[i].c_str(),
                          .role = role_of(spec.role),
                          .rank = static_cast<std::int64_t>(spec.shape.size()),
                          .shape = spec.shape.data(),
                          .count = spec.count(),
                          .data = tensors == nullptr ? nullptr : (*tensors)[spec.name].data()});
    }
    case_ = {.kernel = kernel_.c_str(),
             .axes = axes_.c_str(),
             .tensor_count = static_cast<std::int64_t>(tensors_.size()),
             .tensors = tensors_.data()};
  }
  CaseInC(const CaseInC&) = delete;
  CaseInC& operator=(const CaseInC&) = delete;

  const kg_case* get() const { return &case_; }

 private:
  std::string kernel_, axes_;
  std::vector<TensorSpec> specs_;
  std::vector<std::string> types_;
  std::vector<kg_tensor> tensors_;
  kg_case case_{};
};

class PluginLaunch final : public Launch {
 public:
  PluginLaunch(const kg_variant& variant, const Case& shape, TensorSet& tensors)
      : variant_(variant), case_(shape, &tensors) {
    if (variant_.prepare != nullptr) prepared_ = variant_.prepare(case_.get());
  }
  ~PluginLaunch() override {
    if (variant_.release != nullptr) variant_.release(prepared_);
  }
  void run() override {
    if (const char* failure = variant_.run(case_.get(), prepared_)) {
      throw std::runtime_error(fmt::format("plugin/{}: {}", variant_.name, failure));
    }
  }

 private:
  const kg_variant& variant_;
  CaseInC case_;
  void* prepared_ = nullptr;
};

Variant variant_of(const kg_variant& given) {
  Variant variant;
  variant.name = fmt::format("plugin/{}", given.name);
  variant.backend = Backend::kokkos;  // on this host, beside the portable kernels
  variant.note = given.note == nullptr ? "from a plugin" : given.note;
  variant.refusal = [&given](const Case& shape) -> std::optional<std::string> {
    if (given.refusal == nullptr) return std::nullopt;
    const CaseInC in_c(shape, nullptr);
    const char* reason = given.refusal(in_c.get());
    if (reason == nullptr) return std::nullopt;
    return std::string(reason);
  };
  variant.prepare = [&given](const Case& shape, TensorSet& tensors) {
    return std::unique_ptr<Launch>(std::make_unique<PluginLaunch>(given, shape, tensors));
  };
  return variant;
}

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw BadInput(fmt::format("plugin {}: {}", file, why));
}

}  // namespace

void load_plugin(Registry& registry, const std::string& file) {
  // A name without a slash would be looked for in the system's folders.
  const std::string path = std::filesystem::absolute(file).string();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) refuse(file, fmt::format("cannot be loaded: {}", dlerror()));
  const auto entry = reinterpret_cast<const kg_plugin* (*)()>(dlsym(library, "kernelgate_plugin"));
  if (entry == nullptr) refuse(file, "has no function kernelgate_plugin()");
  const kg_plugin* plugin = entry();
  if (plugin == nullptr) refuse(file, "kernelgate_plugin() returned no plugin");
  if (plugin->abi != KERNELGATE_PLUGIN_ABI) {
    refuse(file, fmt::format("was built for ABI {}, this program has {}", plugin->abi,
                             KERNELGATE_PLUGIN_ABI));
  }
  for (std::int64_t i = 0; i < plugin->variant_count; ++i) {
    const kg_variant& given = plugin->variants[i];
    if (given.kernel == nullptr || given.name == nullptr || *given.name == '\0') {
      refuse(file, fmt::format("variant {} has no kernel or no name", i));
    }
    if (given.run == nullptr) {
      refuse(file, fmt::format("variant {} of {} has no run()", given.name, given.kernel));
    }
    if (registry.find(given.kernel).find_variant(fmt::format("plugin/{}", given.name)) != nullptr) {
      refuse(file, fmt::format("a second variant plugin/{} of {}", given.name, given.kernel));
    }
    registry.add_variant(given.kernel, variant_of(given));
  }
}

}  // namespace kernelgate
