// Registry of the kernels of this build. The generated function register_kernels() fills it: it
// calls one register_<file>() per source listed in a kernel's CMakeLists. Static initialisers are
// not used.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/axes.hpp"
#include "harness/core/error.hpp"
#include "harness/core/kernel.hpp"
#include "harness/core/native_entry.hpp"

namespace kernelgate {

template <class C>
struct NativePlan;  // harness/native/plan.hpp

/// Requirements on the case type of a kernel folder.
template <class C>
concept KernelCase = std::equality_comparable<C> &&
    requires(const C c, TensorSet& set, const TensorSet& before) {
  { C::kernel } -> std::convertible_to<std::string_view>;
  { C::axes() } -> std::convertible_to<const Axes<C>&>;
  { c.traffic() } -> std::same_as<Traffic>;
  { c.tensors() } -> std::same_as<std::vector<TensorSpec>>;
  {c.fill(set, DataMode::exact, std::uint64_t{})};
  { c.reference_values(before, DataMode::exact, std::uint64_t{}) } -> std::same_as<ReferenceValues>;
};

/// "linear/tokens=7,out=64,in=64,bf16", the text that parses back to the case.
template <KernelCase C>
std::string id_of(const C& c) {
  return std::string(C::kernel) + "/" + C::axes().print(c);
}

/// Adapts a case type to the Case interface.
template <KernelCase C>
class TypedCase final : public Case {
 public:
  explicit TypedCase(C c) : value(std::move(c)) {}

  std::string kernel() const override { return std::string(C::kernel); }
  std::string axes() const override { return C::axes().print(value); }
  Traffic traffic() const override { return value.traffic(); }
  std::vector<TensorSpec> tensors() const override { return value.tensors(); }
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const override {
    value.fill(tensors, mode, seed);
  }
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const override {
    return value.reference_values(before, mode, seed);
  }
  std::optional<std::string> exact_not_applicable() const override {
    if constexpr (requires { value.exact_not_applicable(); }) return value.exact_not_applicable();
    return std::nullopt;
  }

  const C value;
};

template <KernelCase C>
const C& typed(const Case& c) {
  return dynamic_cast<const TypedCase<C>&>(c).value;
}

/// A Launch from two callables; the second (fetch) is optional.
template <class Run, class Fetch>
std::unique_ptr<Launch> make_launch(Run run, Fetch fetch) {
  class Callables final : public Launch {
   public:
    Callables(Run r, Fetch f) : run_(std::move(r)), fetch_(std::move(f)) {}
    void run() override { run_(); }
    void fetch() override { fetch_(); }

   private:
    Run run_;
    Fetch fetch_;
  };
  return std::make_unique<Callables>(std::move(run), std::move(fetch));
}
template <class Run>
std::unique_ptr<Launch> make_launch(Run run) {
  return make_launch(std::move(run), [] {});
}

/// Throws BadInput for tensors of more than 1 TiB in total. Below that, products of axes that count
/// bytes or operations fit in 63 bits.
void refuse_huge(std::string_view kernel, const std::vector<TensorSpec>& tensors);

class Registry {
 public:
  /// Adds a kernel. If C has validate(), it throws BadInput for a shape whose axes contradict each
  /// other. A second kernel of the same name is a logic_error.
  template <KernelCase C>
  void add_kernel(std::string formula) {
    add(Kernel{std::string(C::kernel),
               std::move(formula),
               [](std::string_view axes) {
                 C c = C::axes().parse(axes);
                 if constexpr (requires { c.validate(); }) c.validate();
                 refuse_huge(C::kernel, c.tensors());
                 return std::unique_ptr<Case>(std::make_unique<TypedCase<C>>(std::move(c)));
               },
               {}});
  }

  struct VariantText {
    std::string name;
    Backend backend = Backend::kokkos;
    std::string note;
    bool timed = true;
  };

  /// A variant of this host. `prepare(const C&, TensorSet&)` returns a Launch;
  /// `unsupported_reason(const C&)` a reason or nothing.
  template <KernelCase C, class Prepare, class UnsupportedReason>
  void add_variant(VariantText text, Prepare prepare, UnsupportedReason unsupported_reason) {
    add(C::kernel,
        Variant{
            std::move(text.name),
            text.backend,
            std::move(text.note),
            [unsupported_reason](const Case& c, const NativeDevice*) -> std::optional<std::string> {
              return unsupported_reason(typed<C>(c));
            },
            [prepare](const Case& c, TensorSet& tensors, NativeDevice*) -> std::unique_ptr<Launch> {
              return prepare(typed<C>(c), tensors);
            },
            {},
            text.timed});
  }
  template <KernelCase C, class Prepare>
  void add_variant(VariantText text, Prepare prepare) {
    add_variant<C>(std::move(text), std::move(prepare),
                   [](const C&) { return std::optional<std::string>{}; });
  }

  /// Adds a variant from outside the folders of this build. An unknown kernel or a second variant
  /// of that name and backend is a logic_error.
  void add_variant(std::string_view kernel, Variant variant) { add(kernel, std::move(variant)); }

  /// Adds the instances of a kernel's thin unit for one backend. The generated register_kernels()
  /// calls it before the plan that uses them.
  void add_entries(std::string_view kernel, Backend backend, NativeEntries entries,
                   SourceBuildMode build_mode = SourceBuildMode::checked) {
    entries_.push_back({std::string(kernel), backend, build_mode, entries});
  }
  /// The host instances of all kernels. A device's compiler makes the same ones.
  std::vector<NativeEntry> native_entries() const;
  /// Adds one variant per backend that has entries of this kernel. Defined in
  /// harness/native/plan.hpp.
  template <class C>
  void add_native(NativePlan<C> plan);

  const std::vector<Kernel>& kernels() const { return kernels_; }
  /// Throws BadInput with the kernel's name and those that exist.
  const Kernel& find(std::string_view kernel) const;
  /// Result for "linear/tokens=7,bf16" or "linear/kokkos/tokens=7,bf16" (with a variant's name).
  struct Found {
    const Kernel* kernel = nullptr;
    const Variant* variant = nullptr;  // null: no variant in the id; else the first of that name
    std::unique_ptr<Case> shape;
  };
  Found find_case(std::string_view id) const;

 private:
  void add(Kernel kernel);
  void add(std::string_view kernel, Variant variant);

  /// The entries of that kernel, backend and build mode; empty if the build has none.
  NativeEntries entries_of(std::string_view kernel, Backend backend,
                           SourceBuildMode build_mode) const;

  struct EntryTable {
    std::string kernel;
    Backend backend;
    SourceBuildMode build_mode;
    NativeEntries entries;
  };

  std::vector<Kernel> kernels_;
  std::vector<EntryTable> entries_;
};

/// Generated at configure time from every kernel's add_kernel() call.
void register_kernels(Registry& registry);
/// Generated likewise from the references: every case type, without variants or backends.
void register_cases(Registry& registry);

}  // namespace kernelgate
