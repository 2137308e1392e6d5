#include "harness/executors/source/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/executors/source/observer.hpp"
#include "harness/executors/source/site_words.hpp"

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
      checker_(memory, findings, options.same_value_writes),
      schedule_(options.seed, options.yield_every, steps_) {}

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
  checks_ = observed && options_.checking == Checking::all;
  abandoned_ = false;
  sheet_ =
      checks_ && options_.counted.blocks > 0 ? std::make_unique<CounterSheet>(profile_) : nullptr;
  schedule_.begin({checks_, counting(), memory_.capacity()});
  constants_ = Constants::of_this_program();

  const std::uint64_t blocks = std::uint64_t{shape.grid[0]} * shape.grid[1] * shape.grid[2];
  const auto slots = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
      options_.resident_blocks, 1, std::min<std::uint64_t>(blocks, DeviceMemory::max_slots)));
  stacks_ = &stacks_of_this_thread(std::size_t{slots} * shape.threads);
  slots_.clear();
  for (std::uint32_t s = 0; s < slots; ++s) slots_.push_back(std::make_unique<BlockRun>());
  const std::vector<std::uint32_t> order = schedule_.block_order(blocks);
  const auto block_at = [&](std::uint64_t i) { return order.empty() ? i : order[i]; };

  Runtime* const outer = std::exchange(active, this);
  const Observer outer_observer = observer;
  checker_.begin_launch();
  observer = Observer{};
  observer.checker = &checker_;
  observer.base = reinterpret_cast<std::uintptr_t>(memory_.base());
  observer.capacity = memory_.capacity();
  steps_.begin(options_.step_limit);
  steps_.start_countdown(schedule_.accesses_until_yield());

  std::uint64_t started = 0;
  while (started < slots) {
    start_block(static_cast<std::uint32_t>(started), block_at(started));
    ++started;
  }
  for (std::uint32_t live = slots; live > 0;) {
    if (!schedule_.run()) {
      report_deadlock("");
      break;
    }
    if (abandoned_) break;
    BlockRun* ended = schedule_.ended();
    if (ended == nullptr) continue;
    ended->running = false;
    if (counting()) end_interval(*ended);
    if (started < blocks) {
      start_block(ended->clock.slot, block_at(started));
      ++started;
    } else {
      --live;
      schedule_.remove(*ended);
    }
  }
  steps_.end();
  observer = outer_observer;
  active = outer;
}

void Runtime::end_interval(BlockRun& block) {
  for (WaveRun& wave : block.waves) {
    if (wave.log) wave.log->end_interval();
  }
}

void* Runtime::shared(std::int64_t bytes, const char* type) {
  const Fiber& fiber = current();
  BlockRun& block = *fiber.block;
  if (bytes > shape_->shared_bytes) {
    Finding finding;
    finding.kind = FindingKind::bounds;
    finding.what = fmt::format("shared memory: {} has {} B, the launch gave {} B", type, bytes,
                               shape_->shared_bytes);
    findings_.add(std::move(finding));
    abandon();
  }
  if (fiber.thread == 0 || block.clock.lds_name == "shared memory") block.clock.lds_name = type;
  return memory_.lds(block.clock.slot);
}

void Runtime::fence() {
  if (checker_.unsettled()) checker_.settle();
  if (steps_.step(current())) hold_to_limits(no_place, "k_fence");
  if (checks_) checker_.fence(*current().actor);
}

void Runtime::event(Place place) {
  checker_.settle();
  if (steps_.continue_countdown()) return;
  steps_.start_countdown(schedule_.accesses_until_yield());
  Fiber& fiber = current();
  steps_.credit(fiber);
  hold_to_limits(place, "");
  if (fiber.spins == 0) schedule_.progress();
  if (schedule_.forces_yields() || steps_.ran_alone()) schedule_.yield(Schedule::Before::all);
}

void Runtime::sync_block(source_api::Site site) {
  if (checker_.unsettled()) checker_.settle();
  Fiber& fiber = current();
  if (steps_.step(fiber)) hold_to_limits(no_place, words(site));
  BlockRun& block = *fiber.block;
  fiber.waits = Waits::block;
  fiber.site = site;
  if (++block.arrived < block.threads) {
    schedule_.wait();
    return;
  }
  // All threads have arrived. They must be at the same site, else the launch ends.
  for (const Fiber& other : block.fibers) {
    if (!same(other.site, site)) {
      report_deadlock("");
      abandon();
    }
  }
  block.arrived = 0;
  if (checks_) checker_.block_barrier(block.clock);
  if (counting()) end_interval(block);
  schedule_.release_block();
}

void Runtime::finish_thread() {
  if (checker_.unsettled()) checker_.settle();
  schedule_.end_fiber();
}

void Runtime::abandon() {
  abandoned_ = true;
  schedule_.leave();
}

}  // namespace kernelgate
