// The operations of a forward pass. Each is a case of a registered kernel on the model's memory: a
// variant of the chosen backend is selected, prepared once and run repeatedly.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate::model {

/// The memory of one tensor of an operation's case.
struct Place {
  std::string_view tensor;
  const std::byte* memory;
};

/// One run of a kernel in a forward pass.
struct Operation {
  std::string_view name;    // "q_proj", "moe"
  std::int64_t layer = -1;  // -1: outside the layers
  std::string_view kernel;  // "linear"
};

/// Called for every operation, with its tensors before and after the kernel runs.
class OperationObserver {
 public:
  virtual ~OperationObserver() = default;
  virtual void before(const Operation& operation, const Case& shape, const TensorSet& tensors) = 0;
  virtual void after(const Operation& operation, const Case& shape, const TensorSet& tensors) = 0;
};

/// Time and calls of one operation, summed.
struct KernelTime {
  double seconds = 0;
  std::int64_t calls = 0;
  std::string_view variant;  // the last one that ran
};

class Operations {
 public:
  /// `variants`: names to prefer, such as "kokkos" or, for one kernel only,
  /// "linear=baseline/onednn". Throws BadInput for a name that no variant of the backend has.
  /// `in_place`: launches read and write host memory directly, so a prepared launch can be run
  /// again. `device`: that of the backend, which must outlive this object; null: this host.
  Operations(const Registry& registry, Backend backend, bool in_place,
             std::vector<std::string> variants = {}, NativeDevice* device = nullptr);

  /// Runs `axes` of the operation's kernel on these tensors; `places` must list every tensor of the
  /// case. An earlier launch is reused if `numbers` and the memory match; otherwise `axes` makes
  /// the case's text. Launches of at most `max_kept` rows (the first number) are kept. Throws
  /// BadInput with every variant's reason if none supports the case.
  void run(const Operation& operation, std::vector<std::int64_t> numbers,
           const std::function<std::string()>& axes, const std::vector<Place>& places);

  void observe(OperationObserver* observer) { observer_ = observer; }
  /// By operation name, since the last reset.
  const std::map<std::string, KernelTime, std::less<>>& times() const { return times_; }
  void reset_times() { times_.clear(); }
  /// Variants that ran, "cca_attention/kokkos", in the order of their first run.
  const std::vector<std::string>& variants_used() const { return used_; }
  Backend backend() const { return backend_; }

 private:
  static constexpr std::int64_t max_kept = 64;
  struct Prepared {
    std::vector<std::int64_t> numbers;
    std::vector<const std::byte*> memory;
    std::unique_ptr<Case> shape;
    std::unique_ptr<TensorSet> tensors;
    std::unique_ptr<Launch> launch;
    std::string_view variant;
  };
  Prepared prepare(const Operation& operation, const std::string& axes,
                   const std::vector<Place>& places);
  const Variant& variant_for(const Kernel& kernel, const Case& shape);
  void launch(const Operation& operation, Prepared& prepared);

  const Registry& registry_;
  Backend backend_;
  bool in_place_;
  NativeDevice* device_;
  std::vector<std::string> preferred_;
  std::map<std::pair<std::string, std::int64_t>, Prepared> kept_;
  std::map<std::string, KernelTime, std::less<>> times_;
  std::vector<std::string> used_;
  OperationObserver* observer_ = nullptr;
};

}  // namespace kernelgate::model
