#include "harness/model/operations.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include "harness/core/variant_role.hpp"

namespace kernelgate::model {
namespace {

/// The variant name for `kernel` in a preference: "linear=baseline/onednn" applies to linear,
/// "kokkos" to all kernels. Empty if the preference does not apply.
std::string_view wanted_of(std::string_view preference, std::string_view kernel) {
  const std::size_t equals = preference.find('=');
  if (equals == std::string_view::npos) return preference;
  return preference.substr(0, equals) == kernel ? preference.substr(equals + 1) : "";
}

}  // namespace

Operations::Operations(const Registry& registry, Backend backend, bool in_place,
                       std::vector<std::string> variants, NativeDevice* device)
    : registry_(registry),
      backend_(backend),
      in_place_(in_place),
      device_(device),
      preferred_(std::move(variants)) {
  for (const std::string& preference : preferred_) {
    std::vector<std::string> known;
    const bool found = std::any_of(
        registry.kernels().begin(), registry.kernels().end(), [&](const Kernel& kernel) {
          const std::string_view wanted = wanted_of(preference, kernel.name);
          return std::any_of(kernel.variants.begin(), kernel.variants.end(), [&](const Variant& v) {
            if (v.backend != backend) return false;
            known.push_back(kernel.name + "=" + v.name);
            return v.name == wanted;
          });
        });
    if (found) continue;
    throw BadInput(fmt::format(
        "--variant {}: expected a variant of the backend {}, or KERNEL=VARIANT; there are {}",
        preference, name(backend), fmt::join(known, " ")));
  }
}

// Order: requested variants, then those for units that only some CPUs have, those for the CPU only,
// and the others. Vendor libraries run only on request.
const Variant& Operations::variant_for(const Kernel& kernel, const Case& shape) {
  std::vector<const Variant*> candidates;
  const auto add = [&](const auto& fits) {
    for (const Variant& v : kernel.variants) {
      const bool known = std::find(candidates.begin(), candidates.end(), &v) != candidates.end();
      if (v.backend == backend_ && !known && fits(v)) candidates.push_back(&v);
    }
  };
  for (const std::string& preference : preferred_) {
    add([&](const Variant& v) { return v.name == wanted_of(preference, kernel.name); });
  }
  const auto tuned = [&](bool as_stored) {
    add([&](const Variant& v) {
      return role_of(v.name) == VariantRole::tuned && multiplies_as_stored(v.name, {}) == as_stored;
    });
  };
  tuned(true);
  tuned(false);
  add([](const Variant& v) { return role_of(v.name) != VariantRole::baseline && v.timed; });
  std::string reasons;
  for (const Variant* v : candidates) {
    const auto reason =
        v->unsupported_reason ? v->unsupported_reason(shape, device_) : std::nullopt;
    if (!reason) return *v;
    reasons += fmt::format("\n  {}: {}", v->name, *reason);
  }
  throw BadInput(fmt::format("unsupported: no variant of the backend {} runs {}{}", name(backend_),
                             shape.id(), candidates.empty() ? ": it has none" : reasons));
}

Operations::Prepared Operations::prepare(const Operation& operation, const std::string& axes,
                                         const std::vector<Place>& places) {
  Prepared p;
  const Kernel& kernel = registry_.find(operation.kernel);
  p.shape = kernel.parse(axes);
  std::vector<Tensor> tensors;
  for (TensorSpec& spec : p.shape->tensors()) {
    const auto place = std::find_if(places.begin(), places.end(),
                                    [&](const Place& at) { return at.tensor == spec.name; });
    if (place == places.end()) {
      throw std::logic_error(fmt::format("{}: no place for tensor '{}' of {}", operation.name,
                                         spec.name, p.shape->id()));
    }
    // A view of an input is never written to, so the const_cast is safe.
    tensors.emplace_back(std::move(spec), const_cast<std::byte*>(place->memory));
  }
  p.tensors = std::make_unique<TensorSet>(std::move(tensors));
  const Variant& variant = variant_for(kernel, *p.shape);
  const std::string text = kernel.name + "/" + variant.name;
  if (std::find(used_.begin(), used_.end(), text) == used_.end()) used_.push_back(text);
  p.variant = variant.name;
  // A device launch copies its inputs when it is prepared; that time counts towards the launch.
  p.launch = variant.prepare(*p.shape, *p.tensors, device_);
  return p;
}

void Operations::launch(const Operation& operation, Prepared& p) {
  if (observer_ != nullptr) observer_->before(operation, *p.shape, *p.tensors);
  p.launch->run();
  p.launch->fetch();
  p.launch->restore_process();
  if (observer_ != nullptr) observer_->after(operation, *p.shape, *p.tensors);
}

void Operations::run(const Operation& operation, std::vector<std::int64_t> numbers,
                     const std::function<std::string()>& axes, const std::vector<Place>& places) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  std::string_view variant;
  // A device launch keeps copies of its inputs, so it is used once.
  const bool keeps = in_place_ && numbers.front() <= max_kept;
  if (!keeps) {
    Prepared once = prepare(operation, axes(), places);
    launch(operation, once);
    variant = once.variant;
  } else {
    std::vector<const std::byte*> memory;
    memory.reserve(places.size());
    for (const Place& place : places) memory.push_back(place.memory);
    Prepared& kept = kept_[{std::string(operation.name), operation.layer}];
    if (kept.launch == nullptr || kept.numbers != numbers || kept.memory != memory) {
      kept = prepare(operation, axes(), places);
      kept.numbers = std::move(numbers);
      kept.memory = std::move(memory);
    }
    launch(operation, kept);
    variant = kept.variant;
  }
  KernelTime& time = times_.try_emplace(std::string(operation.name)).first->second;
  time.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  ++time.calls;
  time.variant = variant;
}

}  // namespace kernelgate::model
