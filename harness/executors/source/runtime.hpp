// One launch on the source executor. Each thread of the running blocks is a fiber; a seed
// determines their order. The launch ends when every thread has finished or no thread can continue.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/checker/checker.hpp"
#include "harness/core/random.hpp"
#include "harness/executors/launch_counters.hpp"
#include "harness/executors/source/block_run.hpp"
#include "harness/executors/source/constants.hpp"
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
  std::uint64_t accesses() const { return accesses_; }
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
  void await_value();
  /// Ends the launch; the fiber never resumes. The findings contain the reason.
  [[noreturn]] void abandon();
  [[noreturn]] void crash(std::uintptr_t address, const char* what, FindingKind kind,
                          const void* code);
  void undefined(const std::string& what, const std::string& where);
  /// Ends the launch because the thread took no step within its limit of processor time; `code` is
  /// its current instruction address.
  [[noreturn]] void fall_silent(const void* code);

  /// Increases with every step of any thread.
  std::uint64_t steps() const { return seen() + other_steps_; }
  const StepLimit& step_limit() const { return options_.step_limit; }
  bool checks() const { return checks_; }
  Fiber& current() const { return *current_; }
  const LaunchShape& shape() const { return *shape_; }

 private:
  friend void fiber_main();

  void start_block(std::uint32_t slot, std::uint64_t index);
  void choose_counted(BlockRun& block, std::uint64_t index);
  void end_interval(BlockRun& block);
  bool counting() const { return sheet_ != nullptr; }
  void shuffle_waves(BlockRun& block);
  [[noreturn]] void finish_thread();
  Fiber* first_ready();
  Fiber* next(const WaveRun& wave, std::uint32_t position, bool wrap);
  void wait();
  void yield(bool other_wave);
  void go(FiberState& from, Fiber* to);
  void complete(WaveRun& wave, const WaveRun::Slot& slot, std::uint64_t lanes);
  bool spin(const void* address, std::uint64_t value);
  void report_deadlock(const std::string& why);
  void fail_sync(const std::string& what, source_api::Site site);
  std::uint64_t random() { return kernelgate::word_at(stream_, ++drawn_); }
  void observe(const Fiber* fiber);
  void arm(std::int64_t countdown);
  std::int64_t until_event();
  std::uint64_t seen() const;
  void credit();
  bool ran_alone();
  bool step();
  void hold_to_limits(Place place, const std::string& where);
  Finding endless(const std::string& what, Place place, const std::string& where) const;

  const DeviceProfile& profile_;
  DeviceMemory& memory_;
  Findings& findings_;
  SourceOptions options_;
  Checker checker_;
  const FiberStacks* stacks_ = nullptr;
  std::vector<std::unique_ptr<BlockRun>> slots_;
  std::vector<WaveRun*> ring_;
  Constants constants_;
  std::unique_ptr<CounterSheet> sheet_;  // only if waves are counted

  const NativeEntry* entry_ = nullptr;
  const LaunchShape* shape_ = nullptr;
  const void* const* arguments_ = nullptr;
  FiberState main_ = nullptr;
  Fiber* current_ = nullptr;
  BlockRun* finished_ = nullptr;
  bool observed_ = false;
  bool checks_ = false;
  bool abandoned_ = false;
  std::uint64_t launch_ = 0;
  std::uint64_t stream_ = 0;
  std::uint64_t drawn_ = 0;
  void (*together_)(void* const*) = nullptr;  // of the operation that is about to complete
  std::uint64_t idle_spins_ = 0;              // spin waits since the last progress
  std::int64_t armed_ = 0;                    // the value that the countdown was set to
  std::uint64_t accesses_ = 0;
  std::uint64_t max_of_thread_ = 0;  // step limit of a thread
  std::uint64_t max_of_block_ = 0;
  std::uint64_t credited_ = 0;     // observed accesses already credited to their threads
  std::uint64_t came_at_ = 0;      // observed accesses when the current fiber was resumed
  std::uint64_t other_steps_ = 0;  // steps other than observed accesses
  std::int64_t before_value_ = 0;  // countdown before a write whose value is awaited; or 0
};

/// The launch that runs on this host thread.
Runtime* running();

}  // namespace kernelgate
