#include "harness/executors/source/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "harness/core/random.hpp"
#include "harness/executors/source/observer.hpp"

namespace kernelgate {

constinit thread_local Observer observer;

namespace {

constinit thread_local Runtime* active [[gnu::tls_model("initial-exec")]] = nullptr;

// Launches of one host thread run one after another, on any device, so they share their stacks.
const FiberStacks& stacks_of_this_thread(std::size_t count) {
  thread_local std::unique_ptr<FiberStacks> stacks;
  if (!stacks || stacks->count() < count) {
    stacks.reset();
    stacks = std::make_unique<FiberStacks>(count);
  }
  return *stacks;
}

}  // namespace

Runtime* running() { return active; }

Runtime::Runtime(const DeviceProfile& profile, DeviceMemory& memory, Findings& findings,
                 const SourceOptions& options)
    : profile_(profile),
      memory_(memory),
      findings_(findings),
      options_(options),
      checker_(memory, findings, options.same_value_writes) {}

void fiber_main() {
  Runtime& runtime = *active;
  runtime.entry_->call(runtime.entry_->function, runtime.arguments_);
  runtime.finish_thread();
}

void Runtime::run(const NativeEntry& entry, const LaunchShape& shape, const void* const* arguments,
                  bool observed) {
  entry_ = &entry;
  shape_ = &shape;
  arguments_ = arguments;
  observed_ = observed;
  checks_ = observed && options_.checking == Checking::all;
  abandoned_ = false;
  sheet_ =
      checks_ && options_.counted.blocks > 0 ? std::make_unique<CounterSheet>(profile_) : nullptr;
  stream_ = mix64(options_.seed ^ mix64(++launch_));
  drawn_ = 0;
  idle_spins_ = 0;
  before_value_ = 0;
  constants_ = Constants::of_this_program();

  const std::uint64_t blocks = std::uint64_t{shape.grid[0]} * shape.grid[1] * shape.grid[2];
  const auto slots = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
      options_.resident_blocks, 1, std::min<std::uint64_t>(blocks, DeviceMemory::max_slots)));
  stacks_ = &stacks_of_this_thread(std::size_t{slots} * shape.threads);
  slots_.clear();
  ring_.clear();
  for (std::uint32_t s = 0; s < slots; ++s) slots_.push_back(std::make_unique<BlockRun>());
  std::vector<std::uint32_t> order;
  if (options_.seed != 0) {
    order.resize(blocks);
    std::iota(order.begin(), order.end(), 0U);
    for (std::uint64_t i = blocks; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  }
  const auto block_at = [&](std::uint64_t i) { return order.empty() ? i : order[i]; };

  Runtime* const outer = std::exchange(active, this);
  const Observer outer_observer = observer;
  checker_.begin_launch();
  observer = Observer{};
  observer.checker = &checker_;
  observer.base = reinterpret_cast<std::uintptr_t>(memory_.base());
  observer.capacity = memory_.capacity();
  if (!checks_) observed_ = false;
  accesses_ = other_steps_ = credited_ = came_at_ = 0;
  armed_ = 0;
  constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t most = options_.step_limit.steps;
  max_of_thread_ = most == 0 ? no_limit : most;
  max_of_block_ = most > no_limit / StepLimit::block_factor || most == 0
                      ? no_limit
                      : most * StepLimit::block_factor;
  arm(until_event());

  std::uint64_t started = 0;
  while (started < slots) {
    start_block(static_cast<std::uint32_t>(started), block_at(started));
    ++started;
  }
  for (std::uint32_t live = slots; live > 0;) {
    Fiber* fiber = first_ready();
    if (!fiber) {
      report_deadlock("");
      break;
    }
    finished_ = nullptr;
    go(main_, fiber);
    if (abandoned_) break;
    if (!finished_) continue;
    finished_->running = false;
    if (counting()) end_interval(*finished_);
    if (started < blocks) {
      start_block(finished_->clock.slot, block_at(started));
      ++started;
    } else {
      --live;
      std::erase_if(ring_, [&](const WaveRun* wave) { return wave->block == finished_; });
      for (std::uint32_t i = 0; i < ring_.size(); ++i) ring_[i]->ring = i;
    }
  }
  arm(0);
  observer = outer_observer;
  active = outer;
}

void Runtime::end_interval(BlockRun& block) {
  for (WaveRun& wave : block.waves) {
    if (wave.log) wave.log->end_interval();
  }
}

void* Runtime::shared(std::int64_t bytes, const char* type) {
  BlockRun& block = *current_->block;
  if (bytes > shape_->shared_bytes) {
    Finding finding;
    finding.kind = FindingKind::bounds;
    finding.what = fmt::format("shared memory: {} has {} B, the launch gave {} B", type, bytes,
                               shape_->shared_bytes);
    findings_.add(std::move(finding));
    abandon();
  }
  if (current_->thread == 0 || block.clock.lds_name == "shared memory") block.clock.lds_name = type;
  return memory_.lds(block.clock.slot);
}

void Runtime::fence() {
  if (checker_.unsettled()) checker_.settle();
  if (step()) hold_to_limits(no_place, "k_fence");
  if (checks_) checker_.fence(*current_->actor);
}

void Runtime::event(Place place) {
  checker_.settle();
  if (before_value_ > 1) {  // the countdown was shortened to await a value
    arm(std::exchange(before_value_, 0) - 1);
    return;
  }
  before_value_ = 0;
  arm(until_event());
  credit();
  hold_to_limits(place, "");
  if (current_->spins == 0) idle_spins_ = 0;
  if (options_.yield_every > 0 || ran_alone()) yield(false);
}

void Runtime::await_value() {
  if (before_value_ == 0) before_value_ = observer.countdown;
  arm(1);
}

}  // namespace kernelgate
