// One launch on the source executor. Each thread of the running blocks is a fiber. The launch ends
// when every thread has finished or no thread can continue. schedule.hpp orders the fibers, and
// step_count.hpp counts their steps.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/checker/checker.hpp"
#include "harness/executors/launch_counters.hpp"
#include "harness/executors/source/block_run.hpp"
#include "harness/executors/source/constants.hpp"
#include "harness/executors/source/schedule.hpp"
#include "harness/executors/source/step_count.hpp"
#include "harness/executors/step_limit.hpp"
#include "harness/native/device.hpp"

namespace kernelgate {

enum class Checking { off, all };

struct SourceOptions {
  std::uint64_t seed = 0;  // 0: threads, waves and blocks in their natural order
  Checking checking = Checking::all;
  SameValueWrites same_value_writes = SameValueWrites::reported;
  std::uint32_t yield_every = 0;      // mean observed accesses between forced yields; 0: none
  std::uint32_t resident_blocks = 1;  // blocks that make progress together
  StepLimit step_limit = {};
  CountedWaves counted = {};  // checked launches only
};

/// The entry function of every fiber: runs the kernel on its thread. Does not return.
void fiber_main();

class Runtime {
 public:
  Runtime(const DeviceProfile& profile, DeviceMemory& memory, Findings& findings,
          const SourceOptions& options);

  /// Runs a whole launch that the device has accepted. `observed`: the kernel's unit reports its
  /// accesses. Errors are added to the findings.
  void run(const NativeEntry& entry, const LaunchShape& shape, const void* const* arguments,
           bool observed);

  /// Memory counters of the counted waves of the last launch; null if none was counted. Valid until
  /// the next launch.
  const CounterSheet* counters() const { return sheet_.get(); }
  /// The number of accesses that the last launch reported.
  std::uint64_t accesses() const { return steps_.accesses(); }
  const FiberStacks* stacks() const { return stacks_; }

  // Called from inside a kernel, by the functions of kernel_api.hpp and the entry points.
  void sync_block(source_api::Site site);
  std::uint64_t wave_operation(source_api::WaveOp op, std::uint64_t mask, std::uint64_t value,
                               std::uint32_t operand, std::uint32_t width, source_api::Site site);
  void wave_together(void* mine, void (*compute)(void* const*), std::uint32_t width,
                     source_api::Site site);
  void* shared(std::int64_t bytes, const char* type);
  template <class T>
  T atomic(T* to, source_api::AtomicOp op, T operand, T expected, Scope scope, Place place);
  void fence();
  /// Handles an access outside the device's memory. Returns if the access is allowed.
  void foreign(std::uintptr_t address, std::uint64_t bytes, bool writes, Place place);
  void misaligned(std::uintptr_t address, std::uint64_t bytes, Place place);
  /// Called at the access at `place` when the countdown reaches its end.
  void event(Place place);
  /// Called after an access whose check the checker postponed.
  void await_value() { steps_.await_value(); }
  /// Ends the launch; the fiber never resumes. The findings contain the reason.
  [[noreturn]] void abandon();
  [[noreturn]] void crash(std::uintptr_t address, const char* what, FindingKind kind,
                          const void* code);
  void undefined(const std::string& what, const std::string& where);
  /// Ends the launch because the thread took no step within its limit of processor time; `code` is
  /// its current instruction address.
  [[noreturn]] void fall_silent(const void* code);

  /// Increases with every step of any thread.
  std::uint64_t steps() const { return steps_.steps(); }
  Fiber& current() const { return schedule_.current(); }
  const LaunchShape& shape() const { return *shape_; }

 private:
  friend void fiber_main();

  void start_block(std::uint32_t slot, std::uint64_t index);
  void choose_counted(BlockRun& block, std::uint64_t index);
  void end_interval(BlockRun& block);
  bool counting() const { return sheet_ != nullptr; }
  [[noreturn]] void finish_thread();
  void complete(WaveRun& wave, const WaveRun::Slot& slot, std::uint64_t lanes);
  void report_deadlock(const std::string& why);
  [[noreturn]] void fail_spin(const void* address);
  void fail_sync(const std::string& what, source_api::Site site);
  void hold_to_limits(Place place, const std::string& where);
  Finding endless(const std::string& what, Place place, const std::string& where) const;

  const DeviceProfile& profile_;
  DeviceMemory& memory_;
  Findings& findings_;
  SourceOptions options_;
  Checker checker_;
  const FiberStacks* stacks_ = nullptr;
  std::vector<std::unique_ptr<BlockRun>> slots_;
  Constants constants_;
  std::unique_ptr<CounterSheet> sheet_;  // only if waves are counted

  const NativeEntry* entry_ = nullptr;
  const LaunchShape* shape_ = nullptr;
  const void* const* arguments_ = nullptr;
  bool checks_ = false;
  bool abandoned_ = false;
  void (*together_)(void* const*) = nullptr;  // of the operation that is about to complete
  StepCount steps_;
  Schedule schedule_;
};

/// The launch that runs on this host thread.
Runtime* running();

}  // namespace kernelgate
