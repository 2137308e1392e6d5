#include "harness/run/selection.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}
/// Whether the list of an optional option contains `word` or is empty.
bool contains(const std::vector<std::string>& list, std::string_view word) {
  return list.empty() || has(list, word);
}

/// Rejects variant names that no chosen kernel has; otherwise a misspelt variant would be silently
/// left out.
void refuse_unknown(const std::vector<std::string>& variants, const Registry& registry,
                    const std::vector<std::string>& kernels, const Variant* reference) {
  std::vector<std::string> known;
  if (reference != nullptr) known.push_back(reference->name);
  for (const Kernel& kernel : registry.kernels()) {
    if (!contains(kernels, kernel.name)) continue;
    for (const Variant& v : kernel.variants) {
      if (!has(known, v.name)) known.push_back(v.name);
    }
  }
  for (const std::string& name : variants) {
    if (has(known, name)) continue;
    throw BadInput(fmt::format(
        "--variant {}: {} has no such variant; there are {}", name,
        kernels.empty() ? std::string("this build") : fmt::to_string(fmt::join(kernels, ", ")),
        fmt::join(known, ", ")));
  }
}

}  // namespace

std::vector<SuiteCase> SelectionOptions::select(const Registry& registry, const Variant* reference,
                                                SelectedFor purpose) const {
  for (const std::string& kernel : kernels) registry.find(kernel);
  refuse_unknown(variants, registry, kernels, reference);
  std::vector<SuiteCase> chosen;
  for (const std::string& suite : suites) {
    for (SuiteCase& c : load_suite(registry, data_root(), suite)) chosen.push_back(std::move(c));
  }
  for (const std::string& id : cases) {
    const bool of_reference = id.find("/reference/") != std::string::npos;
    std::string plain = id;
    if (of_reference) plain.erase(plain.find("/reference/"), std::string("/reference").size());
    Registry::Found found = registry.find_case(plain);
    SuiteCase c;
    c.kernel = found.kernel;
    c.shape = std::move(found.shape);
    c.origin = "--case " + id;
    if (!of_reference) {
      for (const Variant& v : c.kernel->variants) {  // native variants of backends share a name
        if (found.variant == nullptr || v.name == found.variant->name) c.variants.push_back(&v);
      }
    }
    c.of_one_variant = found.variant != nullptr;
    chosen.push_back(std::move(c));
  }
  std::vector<SuiteCase> kept;
  for (SuiteCase& c : chosen) {
    if (!contains(kernels, c.kernel->name)) continue;
    if (reference != nullptr && !c.of_one_variant) {
      c.variants.insert(c.variants.begin(), reference);
    }
    const bool named = c.of_one_variant || !variants.empty();
    std::erase_if(c.variants, [&](const Variant* v) {
      if (purpose == SelectedFor::timing && !v->timed && !named) return true;
      return !contains(variants, v->name) || (!backend.empty() && name(v->backend) != backend);
    });
    if (!c.variants.empty()) kept.push_back(std::move(c));
  }
  return kept;
}

bool chosen(const std::vector<std::string>& list, const std::string& name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace kernelgate
