// The operations of a forward pass, each a case of a registered kernel on memory of the model: a
// variant of the asked backend is found, prepared once and run again and again.
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

/// Where a tensor of an operation's case lies.
struct Place {
  std::string_view tensor;
  const std::byte* memory;
};

/// One run of a kernel in a forward pass.
struct Operation {
  std::string_view name;    // "q_proj", "moe"
  std::int64_t layer = -1;  // -1: before or behind the layers
  std::string_view kernel;  // "linear"
};

/// Told of every operation, with its tensors as the kernel finds and leaves them.
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
  std::string_view variant;  // that ran last
};

class Operations {
 public:
  /// `variants`: names to be taken before others, "kokkos" or, for one kernel alone,
  /// "linear=baseline/onednn". Throws BadInput for a name that no variant of the backend has.
  /// `in_place`: launches read and write the host's own memory, so that one may be run again.
  Operations(const Registry& registry, Backend backend, bool in_place,
             std::vector<std::string> variants = {});

  /// Runs `axes` of the operation's kernel on these tensors: every tensor of the case has a place.
  /// `numbers` and the places say whether an earlier launch fits; `axes` makes the case's text when
  /// none does. Launches of at most `most_kept` rows (the first number) are kept. Throws BadInput
  /// with every variant's reason when none runs the case.
  void run(const Operation& operation, std::vector<std::int64_t> numbers,
           const std::function<std::string()>& axes, const std::vector<Place>& places);

  void observe(OperationObserver* observer) { observer_ = observer; }
  /// By operation's name, since the last reset.
  const std::map<std::string, KernelTime, std::less<>>& times() const { return times_; }
  void reset_times() { times_.clear(); }
  /// Variants that ran, "cca_attention/kokkos", in the order of their first run.
  const std::vector<std::string>& variants_used() const { return used_; }
  Backend backend() const { return backend_; }

 private:
  static constexpr std::int64_t most_kept = 64;
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
  std::vector<std::string> preferred_;
  std::map<std::pair<std::string, std::int64_t>, Prepared> kept_;
  std::map<std::string, KernelTime, std::less<>> times_;
  std::vector<std::string> used_;
  OperationObserver* observer_ = nullptr;
};

}  // namespace kernelgate::model
