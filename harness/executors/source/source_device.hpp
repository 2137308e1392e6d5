// The virtual device of executor S: native kernels as their own source, compiled for the host.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/checker/finding.hpp"
#include "harness/checker/memory.hpp"
#include "harness/devices/profile.hpp"
#include "harness/executors/source/runtime.hpp"
#include "harness/native/device.hpp"

namespace kernelgate {

/// Runs entries of checked units under every check, and of checked and plain ones with none. A unit
/// tells by its canary which of the two it is.
class SourceDevice final : public NativeDevice {
 public:
  /// The profile must outlive the device. Throws BadInput when this host has no address space.
  explicit SourceDevice(const DeviceProfile& profile, const SourceOptions& options = {});
  ~SourceDevice() override;

  /// What stands in the first and last line of a finding's text: the case as the user typed it, and
  /// the command that runs it again. Empty: the kernel's name, and no such line.
  void name_run(std::string subject, std::string again);

  const DeviceProfile& profile() const override { return profile_; }
  std::byte* allocate(std::int64_t bytes, std::string_view name) override;
  void release(std::byte* memory) override;
  void upload(std::byte* to, const std::byte* from, std::int64_t bytes) override;
  void download(std::byte* to, const std::byte* from, std::int64_t bytes) override;
  void launch(const NativeEntry& entry, const LaunchShape& shape, const void* const* arguments,
              int argument_count) override;
  void finish() override {}

  /// The same launch, with its findings instead of a fault; a refusal still throws NativeFault.
  std::vector<Finding> check(const NativeEntry& entry, const LaunchShape& shape,
                             const void* const* arguments);
  /// What the counted waves of all launches so far asked of memory, a kernel at a time: launches
  /// without a finding. Figures of kind modelled, and hints: a compiler joins and splits accesses.
  const std::vector<LaunchCounters>& counters() const { return counters_; }
  /// The words of a finding of this device.
  static std::string words(const Finding& finding);

  /// Accesses that the last launch reported to the checks.
  std::uint64_t accesses() const { return runtime_->accesses(); }
  const SourceOptions& options() const { return options_; }
  /// The most bytes of stack that a thread has used so far, to the page.
  std::size_t stack_high_water() const;

 private:
  bool observed(const NativeEntry& entry) const;
  void count(const NativeEntry& entry, const LaunchShape& shape);

  const DeviceProfile& profile_;
  SourceOptions options_;
  DeviceMemory memory_;
  Findings findings_;
  std::unique_ptr<Runtime> runtime_;
  std::string subject_;
  std::string again_;
  std::uint64_t allocations_ = 0;
  std::vector<LaunchCounters> counters_;
};

}  // namespace kernelgate
