#include "harness/verify/check.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <new>

#include "harness/core/free_memory.hpp"
#include "harness/core/own_state.hpp"
#include "harness/core/printable.hpp"
#include "harness/core/shell.hpp"
#include "harness/core/text_parts.hpp"
#include "harness/core/variant_role.hpp"
#include "harness/verify/run_bits.hpp"

namespace kernelgate {
namespace {

using Clock = std::chrono::steady_clock;

// Detects writes to inputs without keeping a second copy of them.
std::vector<std::uint64_t> input_fingerprints(const TensorSet& tensors) {
  std::vector<std::uint64_t> prints;
  for (const Tensor& tensor : tensors.all()) {
    if (tensor.spec().role == Role::input) prints.push_back(tensor.fingerprint());
  }
  return prints;
}

std::optional<std::string> memory_fault(const TensorSet& tensors,
                                        const std::vector<std::uint64_t>& inputs_before) {
  for (const Tensor& tensor : tensors.all()) {
    if (!tensor.guard_bands_intact()) {
      return fmt::format("bounds   wrote outside tensor '{}' (guard band of {} bytes changed)",
                         tensor.spec().name, Tensor::guard_band_bytes);
    }
  }
  if (input_fingerprints(tensors) != inputs_before) return "bounds   wrote to an input";
  return std::nullopt;
}

// Indents every line by two columns, like the judge's own lines.
std::string indented(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (!line.empty()) lines += fmt::format("{}{}\n", line.starts_with("  ") ? "" : "  ", line);
  }
  return lines;
}

std::string worst_lines(const TensorVerdict& verdict, const TensorSpec& spec) {
  std::string text;
  for (const Mismatch& m : verdict.worst) {
    text +=
        fmt::format("  worst    {}  got {:.9g}  expected {:.9g}  off by {:.3g}  {}\n",
                    coordinates(spec, m.position), m.got, m.expected, std::abs(m.got - m.expected),
                    m.allowed > 0 ? fmt::format("allowed {:.3g}", m.allowed)
                                  : std::string("allowed 0 (bit for bit)"));
  }
  return text + "  pattern  " + pattern(verdict, spec) + "\n";
}

/// Calls into a variant. Returns false if nothing is left to judge: unsupported, faulty or threw.
/// Restores the process state after the call, so that a variant cannot change how its outputs are
/// judged.
template <class Call>
bool passes_as_guest(CheckResult& result, const Call& call) {
  const OwnState own;
  const Guest guest(own);
  try {
    call();
  } catch (const NativeFault& fault) {  // the diagnostic is the verdict; the data are invalid
    result.status = Status::incorrect;
    result.message = indented(fault.findings());
    return false;
  } catch (const DeviceLost&) {  // nothing can be run in this process any more
    throw;
  } catch (const std::bad_alloc& error) {
    result.status = Status::crashed;
    result.message =
        fmt::format("threw: {}: {}", printable_line(error.what()), free_memory().describe());
    return false;
  } catch (const std::exception& error) {
    result.status = Status::crashed;
    result.message = fmt::format("threw: {}", printable_line(error.what()));
    return false;
  }
  return result.status == Status::passed;
}

}  // namespace

PreparedCase::PreparedCase(const Case& shape, DataMode mode, std::uint64_t seed)
    : shape_(shape), mode_(mode), seed_(seed), before_(shape.tensors()) {
  shape.fill(before_, mode, seed);
  before_.poison_outputs();
  const auto start = Clock::now();
  reference_values_ = shape.reference_values(before_, mode, seed);
  reference_seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
}

CheckResult PreparedCase::check(const Variant& variant, NativeDevice* device) const {
  CheckResult result;
  result.kernel = shape_.kernel();
  result.variant = variant.name;
  result.axes = shape_.axes();
  result.backend = variant.backend;
  result.mode = mode_;
  result.seed = seed_;
  result.reference_seconds = reference_seconds_;
  const auto ask = [&] {
    const auto reason =
        variant.unsupported_reason ? variant.unsupported_reason(shape_, device) : std::nullopt;
    if (!reason) return;
    result.status = Status::unsupported;
    result.message = *reason;
  };
  if (!passes_as_guest(result, ask)) return result;
  TensorSet tensors(shape_.tensors());
  tensors.copy_from(before_);
  const std::vector<std::uint64_t> inputs = input_fingerprints(tensors);
  const auto run = [&] {
    if (role_of(variant.name) == VariantRole::reference) return write_reference_results(tensors);
    const std::unique_ptr<Launch> launch = variant.prepare(shape_, tensors, device);
    launch->run();
    launch->fetch();
    launch->restore_process();
  };
  if (!passes_as_guest(result, run)) return result;
  if (const auto fault = memory_fault(tensors, inputs)) {
    result.status = Status::incorrect;
    result.message = "  " + *fault + "\n";
  }
  judge_outputs(tensors, result);
  if (variant.native) result.bits = bits_of(tensors);
  return result;
}

void PreparedCase::write_reference_results(TensorSet& tensors) const {
  for (const NumericReference& numeric : reference_values_.numeric) {
    Tensor& tensor = tensors[numeric.tensor];
    for (std::size_t i = 0; i < numeric.value.size(); ++i) {
      tensor.set(numeric.at.empty() ? static_cast<std::int64_t>(i) : numeric.at[i],
                 numeric.value[i]);
    }
  }
}

void PreparedCase::judge_outputs(const TensorSet& got, CheckResult& result) const {
  for (const Tensor& tensor : got.all()) {
    if (tensor.spec().role != Role::input) result.total += tensor.count();
  }
  for (const NumericReference& numeric : reference_values_.numeric) {
    const Tensor& tensor = got[numeric.tensor];
    const TensorVerdict verdict = judge(numeric, tensor);
    result.checked += verdict.checked;
    result.worst_ratio = std::max(result.worst_ratio, verdict.worst_ratio);
    if (verdict.outside == 0) continue;
    result.status = Status::incorrect;
    result.message += worst_lines(verdict, tensor.spec());
  }
  for (const Property& property : reference_values_.properties) {
    result.checked += property.covers;
    // The reference wrote only the sampled elements, so it cannot satisfy a condition on every
    // element.
    if (role_of(result.variant) == VariantRole::reference) continue;
    if (const auto violation = property.violated(got)) {
      result.status = Status::incorrect;
      result.message += fmt::format("  property {}: {}\n", property.name, *violation);
    }
  }
  result.checked = std::min(result.checked, result.total);
  if (result.total > 0 && result.checked == 0) {  // a case that judges nothing proves nothing
    result.status = Status::incorrect;
    result.message += "  nothing judged: the reference of this case names no element\n";
  }
}

Variant reference_variant() {
  Variant variant;
  variant.name = "reference";
  variant.backend = Backend::reference;
  variant.note = "the scalar reference, rounded to the outputs' types";
  return variant;
}

std::string repro_command(const CheckResult& result) {
  return shell_line(std::vector<std::string>{"kernelgate", "check", "--case", result.id(), "--data",
                                             std::string(name(result.mode)), "--seed",
                                             std::to_string(result.seed)});
}

}  // namespace kernelgate
