// The virtual device of the source executor, which runs native kernels compiled from their source
// for the host.
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

/// Runs kernel instances of checked units with all checks, and of checked or plain units without
/// checks. The instrumentation self-test of a unit tells which of the two it is.
class SourceDevice final : public NativeDevice {
 public:
  /// The profile must outlive the device. Throws BadInput if the host has no address space left.
  explicit SourceDevice(const DeviceProfile& profile, const SourceOptions& options = {});
  ~SourceDevice() override;

  /// Sets the first and last line of a finding's text: the case as the user typed it, and its
  /// reproduction command. If empty, the kernel's name is used and the last line is omitted.
  void name_run(std::string subject, std::string repro_command);

  const DeviceProfile& profile() const override { return profile_; }
  SourceBuildMode build_mode() const override {
    return options_.checking == Checking::off ? SourceBuildMode::plain : SourceBuildMode::checked;
  }
  std::byte* allocate(std::int64_t bytes, std::string_view name) override;
  void release(std::byte* memory) override;
  void upload(std::byte* to, const std::byte* from, std::int64_t bytes) override;
  void download(std::byte* to, const std::byte* from, std::int64_t bytes) override;
  void launch(const NativeEntry& entry, const LaunchShape& shape, const void* const* arguments,
              int argument_count) override;
  void finish() override {}

  /// The same launch, but returns its findings instead of throwing them; an unsupported launch
  /// still throws NativeFault.
  std::vector<Finding> check(const NativeEntry& entry, const LaunchShape& shape,
                             const void* const* arguments);
  /// Memory counters per kernel of the counted waves of all launches without findings so far. Their
  /// provenance is modelled; they are hints, since a device compiler joins and splits accesses.
  const std::vector<LaunchCounters>& counters() const { return counters_; }
  /// The text of a finding of this device.
  static std::string words(const Finding& finding);

  /// The number of accesses that the last launch reported to the checks.
  std::uint64_t accesses() const { return runtime_->accesses(); }
  const SourceOptions& options() const { return options_; }
  /// The maximum number of stack bytes that a thread has used so far, rounded to pages.
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
  std::string repro_command_;
  std::uint64_t allocations_ = 0;
  std::vector<LaunchCounters> counters_;
};

}  // namespace kernelgate
