// One launch on executor S: a fiber for each thread of the blocks that run, in an order that a seed
// decides, until every thread has come to its end or nothing can go on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/checker/checker.hpp"
#include "harness/core/random.hpp"
#include "harness/executors/launch_counters.hpp"
#include "harness/executors/patience.hpp"
#include "harness/executors/source/block_run.hpp"
#include "harness/executors/source/constants.hpp"
#include "harness/native/device.hpp"

namespace kernelgate {

enum class Checking { off, all };

struct SourceOptions {
  std::uint64_t seed = 0;  // 0: threads, waves and blocks in their natural order
  Checking checking = Checking::all;
  SameValueWrites same_value_writes = SameValueWrites::reported;
  std::uint32_t yield_every = 0;      // observed accesses between forced yields on average; 0: none
  std::uint32_t resident_blocks = 1;  // blocks that make progress together
  Patience patience = {};
  CountedWaves counted = {};  // of checked launches
};

/// The first function of every fiber: the kernel on its thread. Does not return.
void fiber_main();

class Runtime {
 public:
  Runtime(const DeviceProfile& profile, DeviceMemory& memory, Findings& findings,
          const SourceOptions& options);

  /// Runs a whole launch that the device has found possible. `observed`: the entry's unit reports
  /// its accesses. Findings say what went wrong.
  void run(const NativeEntry& entry, const LaunchShape& shape, const void* const* arguments,
           bool observed);

  /// What the counted waves of the last launch asked of a device's memory; empty where none was
  /// counted. Good until the next launch.
  const CounterSheet* counters() const { return sheet_.get(); }
  /// Accesses that the last launch reported.
  std::uint64_t accesses() const { return accesses_; }
  const FiberStacks* stacks() const { return stacks_; }

  // From inside of a kernel, by the functions of kernel_api.hpp and the entry points.
  void sync_block(source_api::Site site);
  std::uint64_t wave_operation(source_api::WaveOp op, std::uint64_t mask, std::uint64_t value,
                               std::uint32_t operand, std::uint32_t width, source_api::Site site);
  void wave_together(void* mine, void (*compute)(void* const*), std::uint32_t width,
                     source_api::Site site);
  void* shared(std::int64_t bytes, const char* type);
  template <class T>
  T atomic(T* to, source_api::AtomicOp op, T operand, T expected, Scope scope, Place place);
  void fence();
  /// An access outside of the device's memory. Returns where it may happen.
  void foreign(std::uintptr_t address, std::uint64_t bytes, bool writes, Place place);
  void misaligned(std::uintptr_t address, std::uint64_t bytes, Place place);
  /// The countdown is at its end, at the access of that place.
  void event(Place place);
  /// After an access that the checker put off.
  void await_value();
  /// Gives up the launch; the fiber never goes on. Findings say why.
  [[noreturn]] void abandon();
  [[noreturn]] void crash(std::uintptr_t address, const char* what, FindingKind kind,
                          const void* code);
  void undefined(const std::string& what, const std::string& where);
  /// The thread has taken no step for the seconds of processor time that it may; `code` is where it
  /// is now.
  [[noreturn]] void fall_silent(const void* code);

  /// Rises with every step of any thread.
  std::uint64_t steps() const { return seen() + other_steps_; }
  const Patience& patience() const { return options_.patience; }
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
  std::unique_ptr<CounterSheet> sheet_;  // where waves are counted

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
  std::uint64_t idle_spins_ = 0;  // waits by repeated reads since anything else happened
  std::int64_t armed_ = 0;        // what the countdown was set to
  std::uint64_t accesses_ = 0;
  std::uint64_t most_of_thread_ = 0;  // steps
  std::uint64_t most_of_block_ = 0;
  std::uint64_t credited_ = 0;     // of the accesses seen, to their threads
  std::uint64_t came_at_ = 0;      // accesses seen when the current fiber came to run
  std::uint64_t other_steps_ = 0;  // steps that no access reports
  std::int64_t before_value_ = 0;  // the countdown before a write whose value is awaited; or 0
};

/// The launch that runs on this thread of the host.
Runtime* running();

}  // namespace kernelgate
