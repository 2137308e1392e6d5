#include "harness/plugin/plugin.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "harness/core/file_kind.hpp"
#include "harness/core/own_state.hpp"
#include "harness/core/printable.hpp"
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

/// A case as the C structs of the plugin ABI; owns every text and shape that it points to.
class CaseInC {
 public:
  /// With null `tensors`: the form passed to the plugin's refusal().
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

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw BadInput(fmt::format("plugin {}: {}", file, why));
}

/// Describes the file if it is no shared library; otherwise gives the loader's message.
std::string why_not_loaded(const std::string& path) {
  const std::string message = dlerror();
  std::ifstream in(path, std::ios::binary);
  std::string start(1024, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  const std::string kind = describe_wrong_kind(start, FileKind::shared_library);
  return kind.empty() ? message : "expected a shared library, got " + kind;
}

// Loads the library into this process and returns its description.
const kg_plugin& open_library(const std::string& file) {
  // dlopen() would search for a name without a slash in the system's folders.
  const std::string path = std::filesystem::absolute(file).string();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) refuse(file, fmt::format("cannot be loaded: {}", why_not_loaded(path)));
  const auto entry = reinterpret_cast<const kg_plugin* (*)()>(dlsym(library, "kernelgate_plugin"));
  if (entry == nullptr) refuse(file, "has no function kernelgate_plugin()");
  const kg_plugin* plugin = entry();
  if (plugin == nullptr) refuse(file, "kernelgate_plugin() returned no plugin");
  if (plugin->abi != KERNELGATE_PLUGIN_ABI) {
    refuse(file, fmt::format("was built for ABI {}, this program has {}", plugin->abi,
                             KERNELGATE_PLUGIN_ABI));
  }
  return *plugin;
}

std::vector<PluginVariant> offers_of(const kg_plugin& plugin, const std::string& file) {
  std::vector<PluginVariant> offers;
  for (std::int64_t i = 0; i < plugin.variant_count; ++i) {
    const kg_variant& given = plugin.variants[i];
    if (given.kernel == nullptr || given.name == nullptr || *given.name == '\0') {
      refuse(file, fmt::format("variant {} has no kernel or no name", i));
    }
    for (const char* name : {given.kernel, given.name}) {
      if (printable_line(name) == name) continue;
      refuse(file, fmt::format("variant {}: expected names of printable UTF-8, got '{}'", i,
                               printable_line(name)));
    }
    if (given.run == nullptr) {
      refuse(file, fmt::format("variant {} of {} has no run()", given.name, given.kernel));
    }
    offers.push_back({given.kernel, given.name,
                      given.note == nullptr ? "from a plugin" : printable_line(given.note)});
  }
  return offers;
}

/// The library of a set of variants, loaded into this process by the first call of any of them.
class Library {
 public:
  Library(std::string file, std::vector<PluginVariant> offers)
      : file_(std::move(file)), offers_(std::move(offers)) {}

  const kg_variant& variant(std::size_t i) {
    std::call_once(loaded_, [this] { load(); });
    return plugin_->variants[i];
  }
  /// The process state from before the library was loaded.
  const OwnState& own() const { return *own_; }

 private:
  void load() {
    own_.emplace();
    const Guest guest(*own_);
    try {
      plugin_ = &open_library(file_);
      if (offers_of(*plugin_, file_) == offers_) return;
    } catch (const BadInput& error) {
      throw std::runtime_error(
          fmt::format("could be loaded when it was described, and not now: {}", error.what()));
    }
    throw std::runtime_error(
        fmt::format("plugin {}: has other variants than when it was described", file_));
  }

  std::string file_;
  std::vector<PluginVariant> offers_;
  std::once_flag loaded_;
  std::optional<OwnState> own_;
  const kg_plugin* plugin_ = nullptr;
};

class PluginLaunch final : public Launch {
 public:
  PluginLaunch(std::shared_ptr<Library> library, std::size_t i, const Case& shape,
               TensorSet& tensors)
      : library_(std::move(library)), variant_(library_->variant(i)), case_(shape, &tensors) {
    const Guest guest(library_->own());
    if (variant_.prepare != nullptr) prepared_ = variant_.prepare(case_.get());
  }
  ~PluginLaunch() override {
    const Guest guest(library_->own());
    if (variant_.release != nullptr) variant_.release(prepared_);
  }
  PluginLaunch(const PluginLaunch&) = delete;
  PluginLaunch& operator=(const PluginLaunch&) = delete;

  // This call is timed, so it restores only this thread's floating-point environment.
  void run() override {
    const char* failure = variant_.run(case_.get(), prepared_);
    use_standard_floats();
    if (failure == nullptr) return;
    throw std::runtime_error(fmt::format("plugin/{}: {}", variant_.name, printable_line(failure)));
  }
  void restore_process() override { library_->own().restore(); }

 private:
  std::shared_ptr<Library> library_;
  const kg_variant& variant_;
  CaseInC case_;
  void* prepared_ = nullptr;
};

Variant variant_of(const PluginVariant& offer, const std::shared_ptr<Library>& library,
                   std::size_t i) {
  Variant variant;
  variant.name = fmt::format("plugin/{}", offer.name);
  variant.backend = Backend::kokkos;  // on this host, beside the portable kernels
  variant.note = offer.note;
  variant.unsupported_reason = [library, i](const Case& shape,
                                            const NativeDevice*) -> std::optional<std::string> {
    const kg_variant& given = library->variant(i);
    if (given.unsupported_reason == nullptr) return std::nullopt;
    const CaseInC in_c(shape, nullptr);
    const Guest guest(library->own());
    const char* reason = given.unsupported_reason(in_c.get());
    if (reason == nullptr) return std::nullopt;
    return printable_line(reason);
  };
  variant.prepare = [library, i](const Case& shape, TensorSet& tensors, NativeDevice*) {
    return std::unique_ptr<Launch>(std::make_unique<PluginLaunch>(library, i, shape, tensors));
  };
  return variant;
}

const Kernel& kernel_of(const Registry& registry, const PluginVariant& offer,
                        const std::string& file) {
  try {
    return registry.find(offer.kernel);
  } catch (const BadInput& error) {
    refuse(file, fmt::format("variant {}: {}", offer.name, error.what()));
  }
}

}  // namespace

std::vector<PluginVariant> describe_plugin(const std::string& file) {
  return offers_of(open_library(file), file);
}

void add_plugin(Registry& registry, const std::string& file,
                const std::vector<PluginVariant>& offers) {
  const auto library = std::make_shared<Library>(file, offers);
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const PluginVariant& offer = offers[i];
    Variant variant = variant_of(offer, library, i);
    if (kernel_of(registry, offer, file).find_variant(variant.name) != nullptr) {
      refuse(file, fmt::format("a second variant {} of {}", variant.name, offer.kernel));
    }
    registry.add_variant(offer.kernel, std::move(variant));
  }
}

}  // namespace kernelgate
