// Judges variants of a kernel on one case: fresh inputs, poisoned outputs, guard bands, reference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/kernel.hpp"
#include "harness/verify/judge.hpp"

namespace kernelgate {

/// One line of a check: a variant on a case in one data mode.
struct CheckResult {
  std::string kernel, variant, axes;
  Backend backend = Backend::kokkos;
  DataMode mode = DataMode::exact;
  std::uint64_t seed = 0;
  Status status = Status::passed;
  std::int64_t checked = 0;  // elements judged,
  std::int64_t total = 0;    // of this many
  double worst_ratio = 0;    // of error to error bound, real mode
  std::string message;       // failure in the message format; empty if passed
  double reference_seconds = 0;
  std::vector<std::uint64_t> bits;  // native variants: hash per tensor after the run

  /// "linear/kokkos/tokens=7,out=64,in=64,bf16"
  std::string id() const { return kernel + "/" + variant + "/" + axes; }
};

/// Inputs and reference of one case in one mode, shared by all its variants.
class PreparedCase {
 public:
  PreparedCase(const Case& shape, DataMode mode, std::uint64_t seed);

  /// Runs and judges one variant on fresh tensors, on that device or this host. Exceptions of the
  /// variant become its status, except for DeviceLost.
  CheckResult check(const Variant& variant, NativeDevice* device = nullptr) const;
  const ReferenceValues& reference_values() const { return reference_values_; }

 private:
  void write_reference_results(TensorSet& tensors) const;
  void judge_outputs(const TensorSet& got, CheckResult& result) const;

  const Case& shape_;
  DataMode mode_;
  std::uint64_t seed_;
  TensorSet before_;
  ReferenceValues reference_values_;
  double reference_seconds_ = 0;
};

/// The variant `reference`: the reference rounded to the outputs' types. Every report can show the
/// result of a perfect kernel, and the judge itself is exercised on each case.
Variant reference_variant();

/// The reproduction command of this check.
std::string repro_command(const CheckResult& result);

}  // namespace kernelgate
