#include "harness/core/registry.hpp"

#include <algorithm>
#include <stdexcept>

namespace kernelgate {

void refuse_huge(std::string_view kernel, const std::vector<TensorSpec>& tensors) {
  constexpr std::int64_t max_bytes = std::int64_t{1} << 40;
  std::int64_t total = 0;
  for (const TensorSpec& spec : tensors) {
    const std::int64_t count = spec.count();
    if (count > (max_bytes - total) / size_bytes(spec.type)) {
      throw BadInput("kernel '" + std::string(kernel) +
                     "': expected a case whose tensors take at most " + std::to_string(max_bytes) +
                     " bytes together, got more at tensor '" + spec.name + "'");
    }
    total += count * size_bytes(spec.type);
  }
}

const Variant* Kernel::find_variant(std::string_view variant) const {
  for (const Variant& v : variants) {
    if (v.name == variant) return &v;
  }
  return nullptr;
}

void Registry::add(Kernel kernel) {
  for (const Kernel& k : kernels_) {
    if (k.name == kernel.name) throw std::logic_error("kernel '" + k.name + "' is added twice");
  }
  kernels_.push_back(std::move(kernel));
}

void Registry::add(std::string_view kernel, Variant variant) {
  for (Kernel& k : kernels_) {
    if (k.name != kernel) continue;
    const auto same = [&](const Variant& v) {
      return v.name == variant.name && v.backend == variant.backend;
    };
    if (std::any_of(k.variants.begin(), k.variants.end(), same)) {
      throw std::logic_error(k.name + "/" + variant.name + " is added twice");
    }
    k.variants.push_back(std::move(variant));
    return;
  }
  throw std::logic_error("variant '" + variant.name + "' of unknown kernel '" +
                         std::string(kernel) + "'");
}

std::vector<NativeEntry> Registry::native_entries() const {
  std::vector<NativeEntry> all;
  for (const EntryTable& table : entries_) {
    if (table.backend != Backend::source || table.build_mode != SourceBuildMode::checked) continue;
    all.insert(all.end(), table.entries.data, table.entries.data + table.entries.count);
  }
  return all;
}

NativeEntries Registry::entries_of(std::string_view kernel, Backend backend,
                                   SourceBuildMode build_mode) const {
  for (const EntryTable& table : entries_) {
    if (table.kernel == kernel && table.backend == backend && table.build_mode == build_mode) {
      return table.entries;
    }
  }
  return {nullptr, 0};
}

const Kernel& Registry::find(std::string_view kernel) const {
  std::string names;
  for (const Kernel& k : kernels_) {
    if (k.name == kernel) return k;
    names += " " + k.name;
  }
  throw BadInput("unknown kernel '" + std::string(kernel) + "'; this build has:" + names);
}

Registry::Found Registry::find_case(std::string_view id) const {
  const std::size_t first = id.find('/');
  const std::string_view axes =
      first == std::string_view::npos ? std::string_view{} : id.substr(id.rfind('/') + 1);
  Found found;
  found.kernel = &find(id.substr(0, first));
  if (first != std::string_view::npos && id.rfind('/') > first) {
    const std::string_view variant = id.substr(first + 1, id.rfind('/') - first - 1);
    found.variant = found.kernel->find_variant(variant);
    if (found.variant == nullptr) {
      std::string names;
      for (const Variant& v : found.kernel->variants) names += " " + v.name;
      throw BadInput("kernel '" + found.kernel->name + "' has no variant '" + std::string(variant) +
                     "'; it has:" + names);
    }
  }
  found.shape = found.kernel->parse(axes);
  return found;
}

}  // namespace kernelgate
