#include "harness/executors/source/runtime.hpp"

#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

#include "harness/core/random.hpp"
#include "harness/executors/source/observer.hpp"
#include "harness/executors/source/places.hpp"

namespace kernelgate {

constinit thread_local Observer observer;

namespace {

constinit thread_local Runtime* active [[gnu::tls_model("initial-exec")]] = nullptr;

constexpr std::int64_t never = std::int64_t{1} << 62;

// Read-only parts of the program and its libraries: constant tables.
int add_constants(dl_phdr_info* info, std::size_t, void* list) {
  auto& constants = *static_cast<std::vector<std::pair<std::uintptr_t, std::uintptr_t>>*>(list);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    const bool fixed =
        part.p_type == PT_GNU_RELRO || (part.p_type == PT_LOAD && !(part.p_flags & PF_W));
    if (!fixed) continue;
    const std::uintptr_t begin = info->dlpi_addr + part.p_vaddr;
    constants.emplace_back(begin, begin + part.p_memsz);
  }
  return 0;
}

std::string base_name(const char* file) {
  const char* slash = std::strrchr(file, '/');
  return slash ? slash + 1 : file;
}

std::string words(source_api::Site site) {
  return fmt::format("{}:{}", base_name(site.file), site.line);
}

bool same(source_api::Site a, source_api::Site b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

// Launches of one host thread follow one another, on whatever device: they share their stacks.
const FiberStacks& stacks_of_this_thread(std::size_t count) {
  thread_local std::unique_ptr<FiberStacks> stacks;
  if (!stacks || stacks->count() < count) {
    stacks.reset();
    stacks = std::make_unique<FiberStacks>(count);
  }
  return *stacks;
}

constexpr const char* wave_op_names[] = {"k_syncwave",    "ballot",     "shuffle",
                                         "shuffle xor",   "shuffle up", "shuffle down",
                                         "matrix product"};

}  // namespace

Runtime* running() { return active; }

std::uint64_t canary_accesses(const NativeEntry& entry) {
  alignas(16) std::uint32_t words[64] = {};
  const void* arguments[] = {words};
  std::uint64_t seen = 0;
  Actor nobody;
  const Observer before = observer;
  observer = Observer{};
  observer.actor = &nobody;
  observer.canary = &seen;
  observer.countdown = never;
  entry.call(nullptr, arguments);
  observer = before;
  return seen;
}

Runtime::Runtime(DeviceMemory& memory, Findings& findings, const SourceOptions& options)
    : memory_(memory),
      findings_(findings),
      options_(options),
      checker_(memory, findings, options.same_value_writes) {}

void Runtime::observe(const Fiber* fiber) { observer.actor = observed_ ? fiber->actor : nullptr; }

// The first function of every fiber.
void fiber_main() {
  Runtime& runtime = *active;
  runtime.entry_->call(runtime.entry_->function, runtime.arguments_);
  runtime.finish_thread();
}

void Runtime::shuffle_waves(BlockRun& block) {
  std::vector<std::uint32_t> order(block.waves.size());
  std::iota(order.begin(), order.end(), 0U);
  std::array<std::uint8_t, 64> lanes{};
  std::iota(lanes.begin(), lanes.end(), std::uint8_t{0});
  const std::uint32_t width = block.waves[0].clock->width;
  if (options_.seed != 0) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    for (std::size_t i = width; i > 1; --i) std::swap(lanes[i - 1], lanes[random() % i]);
  }
  for (const std::uint32_t w : order) {
    WaveRun& wave = block.waves[w];
    wave.lane_at = lanes;
    ring_.push_back(&wave);
  }
  for (std::uint32_t i = 0; i < ring_.size(); ++i) ring_[i]->ring = i;
}

void Runtime::start_block(std::uint32_t slot, std::uint64_t index) {
  BlockRun& block = *slots_[slot];
  const LaunchShape& shape = *shape_;
  const auto width = static_cast<std::uint32_t>(entry_->wave);
  const auto lds = static_cast<std::uint64_t>(shape.shared_bytes);
  block.at[0] = static_cast<std::uint32_t>(index % shape.grid[0]);
  block.at[1] = static_cast<std::uint32_t>(index / shape.grid[0] % shape.grid[1]);
  block.at[2] = static_cast<std::uint32_t>(index / shape.grid[0] / shape.grid[1]);
  block.threads = shape.threads;
  block.arrived = block.exited = 0;
  block.running = true;
  checker_.begin_block(block.clock, slot, static_cast<std::uint32_t>(index), shape.threads, width,
                       lds);
  memory_.prepare_lds(slot, lds, mix64(stream_ + index));

  std::erase_if(ring_, [&](const WaveRun* wave) { return wave->block == &block; });
  block.waves.resize(block.clock.waves.size());
  block.fibers.resize(shape.threads);
  for (std::size_t w = 0; w < block.waves.size(); ++w) {
    WaveRun& wave = block.waves[w];
    wave.block = &block;
    wave.clock = &block.clock.waves[w];
    wave.ready = wave.arrived = 0;
  }
  shuffle_waves(block);
  for (std::uint32_t w = 0; w < block.waves.size(); ++w) {
    WaveRun& wave = block.waves[w];
    for (std::uint32_t p = 0; p < width; ++p) {
      const std::uint32_t lane = wave.lane_at[p];
      wave.position_of[lane] = static_cast<std::uint8_t>(p);
      if (!(wave.clock->lanes >> lane & 1U)) continue;
      const std::uint32_t thread = w * width + lane;
      Fiber& fiber = block.fibers[thread];
      fiber = Fiber{};
      fiber.thread = thread;
      fiber.position = p;
      fiber.actor = &block.clock.threads[thread];
      fiber.block = &block;
      fiber.wave = &wave;
      fiber.stack = slot * shape.threads + thread;
      fiber.state =
          make_fiber(stacks_->bottom(fiber.stack), stacks_->top(fiber.stack), &fiber_main);
      wave.fibers[p] = &fiber;
      wave.ready |= 1ULL << p;
    }
  }
}

void Runtime::run(const NativeEntry& entry, const LaunchShape& shape, const void* const* arguments,
                  bool observed) {
  entry_ = &entry;
  shape_ = &shape;
  arguments_ = arguments;
  observed_ = observed;
  checks_ = observed && options_.checking == Checking::all;
  abandoned_ = false;
  stream_ = mix64(options_.seed ^ mix64(++launch_));
  drawn_ = 0;
  idle_spins_ = 0;
  before_value_ = 0;
  constants_.clear();
  dl_iterate_phdr(&add_constants, &constants_);

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
  accesses_ = 0;
  armed_ = 0;
  arm(until_yield());

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

// Sets the countdown anew and counts what it has counted.
void Runtime::arm(std::int64_t countdown) {
  accesses_ += static_cast<std::uint64_t>(armed_ - (armed_ == 0 ? 0 : observer.countdown));
  armed_ = observer.countdown = countdown;
}

std::int64_t Runtime::until_yield() {
  if (options_.yield_every == 0) return never;
  return 1 + static_cast<std::int64_t>(random() % (2ULL * options_.yield_every));
}

Fiber* Runtime::first_ready() {
  for (WaveRun* wave : ring_) {
    if (wave->ready == 0) continue;
    const int p = std::countr_zero(wave->ready);
    wave->ready &= wave->ready - 1;
    return wave->fibers[static_cast<std::size_t>(p)];
  }
  return nullptr;
}

// The next ready fiber after a position of a wave: the rest of the wave first, and when `wrap` says
// so all of it, then the waves after it.
Fiber* Runtime::next(const WaveRun& from, std::uint32_t position, bool wrap) {
  const auto take = [](WaveRun& wave, std::uint64_t among) {
    const int p = std::countr_zero(among);
    wave.ready &= ~(1ULL << p);
    return wave.fibers[static_cast<std::size_t>(p)];
  };
  WaveRun& own = *ring_[from.ring];
  const std::uint64_t later = own.ready & ~((2ULL << position) - 1);
  if (later != 0) return take(own, later);
  if (wrap && own.ready != 0) return take(own, own.ready);
  const std::size_t n = ring_.size();
  for (std::size_t i = 1, at = own.ring; i < n; ++i) {
    if (++at == n) at = 0;
    if (ring_[at]->ready != 0) return take(*ring_[at], ring_[at]->ready);
  }
  return own.ready != 0 ? take(own, own.ready) : nullptr;
}

// Control goes straight from fiber to fiber; to the launch itself when there is none.
void Runtime::go(FiberState& from, Fiber* to) {
  if (!to) {
    switch_fiber(from, main_);
    return;
  }
  current_ = to;
  observe(to);
  switch_fiber(from, to->state);
}

void Runtime::wait() {
  Fiber& fiber = *current_;
  idle_spins_ = 0;
  go(fiber.state, next(*fiber.wave, fiber.position, true));
}

// Lets others run first: those of other waves alone, or all of them in turn.
void Runtime::yield(bool other_wave) {
  Fiber& fiber = *current_;
  WaveRun& wave = *fiber.wave;
  const std::uint64_t ready = wave.ready;
  if (other_wave) wave.ready = 0;
  Fiber* to = next(wave, fiber.position, false);
  if (other_wave) wave.ready |= ready;
  if (!to) return;
  wave.ready |= 1ULL << fiber.position;
  go(fiber.state, to);
}

void Runtime::finish_thread() {
  if (checker_.unsettled()) checker_.settle();
  Fiber& fiber = *current_;
  BlockRun& block = *fiber.block;
  idle_spins_ = 0;
  FiberState dead = nullptr;
  if (++block.exited == block.threads) {
    finished_ = &block;
    observer.actor = nullptr;
    go(dead, nullptr);
  }
  go(dead, next(*fiber.wave, fiber.position, true));
  __builtin_unreachable();
}

void Runtime::abandon() {
  abandoned_ = true;
  observer.actor = nullptr;
  FiberState dead = nullptr;
  switch_fiber(dead, main_);
  __builtin_unreachable();
}

void Runtime::sync_block(source_api::Site site) {
  if (checker_.unsettled()) checker_.settle();
  Fiber& fiber = *current_;
  BlockRun& block = *fiber.block;
  fiber.waits = Waits::block;
  fiber.site = site;
  if (++block.arrived < block.threads) {
    wait();
    return;
  }
  // All are here; at one site or the launch ends.
  for (const Fiber& other : block.fibers) {
    if (!same(other.site, site)) {
      report_deadlock("");
      abandon();
    }
  }
  block.arrived = 0;
  if (checks_) checker_.block_barrier(block.clock);
  for (Fiber& other : block.fibers) other.waits = Waits::nothing;
  for (WaveRun& wave : block.waves) {
    for (std::uint64_t lanes = wave.clock->lanes; lanes != 0; lanes &= lanes - 1) {
      wave.ready |= 1ULL << wave.position_of[static_cast<std::size_t>(std::countr_zero(lanes))];
    }
  }
  fiber.wave->ready &= ~(1ULL << fiber.position);
}

std::uint64_t Runtime::wave_operation(source_api::WaveOp op, std::uint64_t mask,
                                      std::uint64_t value, std::uint32_t operand,
                                      std::uint32_t width, source_api::Site site) {
  if (checker_.unsettled()) checker_.settle();
  Fiber& fiber = *current_;
  WaveRun& wave = *fiber.wave;
  const std::uint32_t lane = fiber.actor->lane;
  const char* op_name = wave_op_names[static_cast<int>(op)];
  if (mask == 0) mask = wave.clock->lanes;
  if (width != wave.clock->width) {
    fail_sync(
        fmt::format("{} of width {} in a wave of {} lanes", op_name, width, wave.clock->width),
        site);
  }
  if (!(mask >> lane & 1U)) {
    fail_sync(fmt::format("{} with a mask that leaves out its caller, {:#x}", op_name, mask), site);
  }
  if (mask & ~wave.clock->lanes) {
    fail_sync(
        fmt::format("{} with a mask of lanes that the block does not have, {:#x}", op_name, mask),
        site);
  }
  wave.slots[lane] = WaveRun::Slot{mask, value, 0, operand, op, site};
  wave.arrived |= 1ULL << lane;
  // Whoever waits at this very call with another mask that shares a lane will wait for ever.
  bool complete_now = (wave.arrived & mask) == mask;
  for (std::uint64_t rest = complete_now || mask != wave.clock->lanes ? wave.arrived & mask : 0;
       rest != 0; rest &= rest - 1) {
    const WaveRun::Slot& other = wave.slots[static_cast<std::size_t>(std::countr_zero(rest))];
    const bool same_call = other.op == op && same(other.site, site);
    if (same_call && other.mask != mask) {
      fail_sync(fmt::format("{} with masks that differ between its lanes, {:#x} and {:#x}", op_name,
                            mask, other.mask),
                site);
    }
    complete_now = complete_now && same_call;
  }
  if (complete_now) {
    complete(wave, wave.slots[lane], mask);
    return wave.slots[lane].result;
  }
  fiber.waits = Waits::wave;
  fiber.site = site;
  wait();
  return wave.slots[lane].result;
}

// The last lane to arrive computes the results of all of them.
void Runtime::complete(WaveRun& wave, const WaveRun::Slot& call, std::uint64_t mask) {
  using source_api::WaveOp;
  const std::uint32_t width = wave.clock->width;
  std::uint64_t voted = 0;
  if (call.op == WaveOp::ballot) {
    for (std::uint64_t rest = mask; rest != 0; rest &= rest - 1) {
      const auto lane = static_cast<std::uint32_t>(std::countr_zero(rest));
      if (wave.slots[lane].value != 0) voted |= 1ULL << lane;
    }
  }
  for (std::uint64_t rest = mask; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<std::uint32_t>(std::countr_zero(rest));
    WaveRun::Slot& slot = wave.slots[lane];
    std::uint32_t from = lane;
    switch (call.op) {
      case WaveOp::sync:
      case WaveOp::together:
        break;
      case WaveOp::ballot:
        slot.result = voted;
        break;
      case WaveOp::shuffle:
        from = slot.operand;
        break;
      case WaveOp::shuffle_xor:
        from = lane ^ slot.operand;
        break;
      case WaveOp::shuffle_up:
        from = lane >= slot.operand ? lane - slot.operand : lane;
        break;
      case WaveOp::shuffle_down:
        from = slot.operand < width - lane ? lane + slot.operand : lane;
        break;
    }
    if (call.op >= WaveOp::shuffle && call.op < WaveOp::together) {
      if (from >= width || !(mask >> from & 1U)) {
        const bool absent = from >= width || !(wave.clock->lanes >> from & 1U);
        fail_sync(fmt::format("{}: lane {} of wave {} reads lane {}, which {}",
                              wave_op_names[static_cast<int>(call.op)], lane, wave.clock->index,
                              from, absent ? "the block does not have" : "the mask leaves out"),
                  call.site);
      }
      slot.result = wave.slots[from].value;
    }
    Fiber& fiber = *wave.fibers[wave.position_of[lane]];
    if (&fiber != current_) wave.ready |= 1ULL << fiber.position;
    fiber.waits = Waits::nothing;
  }
  wave.arrived &= ~mask;
  if (call.op == WaveOp::together) {
    std::array<void*, 64> lanes{};
    for (std::uint32_t l = 0; l < width; ++l) {
      lanes[l] = std::bit_cast<void*>(static_cast<std::uintptr_t>(wave.slots[l].value));
    }
    together_(lanes.data());
  }
  if (checks_ && call.op == WaveOp::sync) {
    checker_.wave_sync(*wave.clock, wave.block->clock, mask);
  }
}

void Runtime::wave_together(void* mine, void (*compute)(void* const*), std::uint32_t width,
                            source_api::Site site) {
  const WaveClock& clock = *current_->wave->clock;
  if (clock.lanes != (width == 64 ? ~0ULL : (1ULL << width) - 1)) {
    fail_sync("a matrix product in a wave that is not full", site);
  }
  together_ = compute;  // all lanes of a site bring the same
  wave_operation(source_api::WaveOp::together, 0, reinterpret_cast<std::uintptr_t>(mine), 0, width,
                 site);
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
  if (checks_) checker_.fence(*current_->actor);
}

// A thread that reads the same value at the same address again and again waits for another one.
// Waves run side by side on a device, so that the others get their turn; lanes of one wave need
// not.
bool Runtime::spin(const void* address, std::uint64_t value) {
  constexpr std::uint32_t repeats = 64;
  Fiber& fiber = *current_;
  if (fiber.spin_address != address || fiber.spin_value != value) {
    fiber.spin_address = address;
    fiber.spin_value = value;
    fiber.spins = 0;
    return false;
  }
  if (++fiber.spins < repeats) return false;
  const std::uint64_t limit = 100000 + 64ULL * ring_.size() * 64;
  if (++idle_spins_ > limit) {
    report_deadlock(
        fmt::format("thread {} of block {} waits for a value at {} that no running thread changes",
                    fiber.thread, fiber.block->clock.index,
                    checker_.describe(*fiber.actor,
                                      reinterpret_cast<std::uintptr_t>(address) - observer.base)));
    abandon();
  }
  yield(true);
  return true;
}

template <class T>
T Runtime::atomic(T* to, source_api::AtomicOp op, T operand, T expected, Scope scope, Place place) {
  using source_api::AtomicOp;
  constexpr AtomicAct acts[] = {AtomicAct::load,
                                AtomicAct::store,
                                AtomicAct::add,
                                AtomicAct::add,
                                AtomicAct::max,
                                AtomicAct::min,
                                AtomicAct::bit_or,
                                AtomicAct::bit_and,
                                AtomicAct::bit_xor,
                                AtomicAct::exchange,
                                AtomicAct::compare_exchange};
  const auto address = reinterpret_cast<std::uintptr_t>(to);
  if (address % sizeof(T) != 0) misaligned(address, sizeof(T), place);
  if (checks_) {
    if (checker_.unsettled()) checker_.settle();
    if (--observer.countdown <= 0) event();
    const std::uint64_t offset = address - observer.base;
    if (offset >= observer.capacity) {
      foreign(address, sizeof(T), op != AtomicOp::load, place);
    } else if (!checker_.atomic(*current_->actor, offset, sizeof(T), acts[static_cast<int>(op)],
                                scope, place)) {
      abandon();
    }
  }
  const T before = *to;
  T after = operand;
  switch (op) {
    case AtomicOp::load:
      after = before;
      break;
    case AtomicOp::store:
    case AtomicOp::exchange:
      break;
    case AtomicOp::add:
      after = before + operand;
      break;
    case AtomicOp::add_float:
      if constexpr (sizeof(T) == 4) {
        after = std::bit_cast<T>(std::bit_cast<float>(before) + std::bit_cast<float>(operand));
      }
      break;
    case AtomicOp::max:
      after = std::max(before, operand);
      break;
    case AtomicOp::min:
      after = std::min(before, operand);
      break;
    case AtomicOp::bit_or:
      after = before | operand;
      break;
    case AtomicOp::bit_and:
      after = before & operand;
      break;
    case AtomicOp::bit_xor:
      after = before ^ operand;
      break;
    case AtomicOp::compare_exchange:
      after = before == expected ? operand : before;
      break;
  }
  const bool changes = after != before;
  if (changes) {
    *to = after;
    idle_spins_ = 0;
    current_->spin_address = nullptr;
  } else if (op == AtomicOp::load || op == AtomicOp::compare_exchange || op == AtomicOp::exchange) {
    spin(to, static_cast<std::uint64_t>(before));
  }
  return before;
}

template std::uint32_t Runtime::atomic(std::uint32_t*, source_api::AtomicOp, std::uint32_t,
                                       std::uint32_t, Scope, Place);
template std::uint64_t Runtime::atomic(std::uint64_t*, source_api::AtomicOp, std::uint64_t,
                                       std::uint64_t, Scope, Place);

void Runtime::foreign(std::uintptr_t address, std::uint64_t bytes, bool writes, Place place) {
  const auto* pointer = std::bit_cast<const void*>(address);
  const auto finding = [&](FindingKind kind, const std::string& what) {
    findings_.add(kind, place, no_place, [&] {
      Finding f;
      f.kind = kind;
      f.what = what;
      f.got = Party{fmt::format("{} of {} B", writes ? "write" : "read", bytes),
                    Checker::id(*current_->actor), place, "", false};
      return f;
    });
  };
  if (stacks_->holds(pointer)) {
    const std::size_t owner = stacks_->owner(pointer);
    if (owner == current_->stack) {
      if (!stacks_->in_guard(pointer)) return;
      finding(FindingKind::bounds, "the thread's local variables need more than its stack");
      abandon();
    }
    finding(FindingKind::private_memory,
            fmt::format("local variable of block {} thread {}",
                        slots_[owner / shape_->threads]->clock.index, owner % shape_->threads));
    if (stacks_->in_guard(pointer)) abandon();
    return;
  }
  const bool constant =
      !writes && std::any_of(constants_.begin(), constants_.end(), [&](const auto& part) {
        return address >= part.first && address + bytes <= part.second;
      });
  if (constant) return;
  finding(FindingKind::bounds, address == 0
                                   ? "null pointer"
                                   : fmt::format("memory of the host, address {:#x}", address));
  abandon();
}

void Runtime::misaligned(std::uintptr_t address, std::uint64_t bytes, Place place) {
  findings_.add(FindingKind::align, place, no_place, [&] {
    const std::uint64_t offset = address - reinterpret_cast<std::uintptr_t>(memory_.base());
    Finding f;
    f.kind = FindingKind::align;
    f.what = fmt::format("{} B at an address that is {} past a multiple of {}, {}", bytes,
                         address % bytes, bytes,
                         offset < memory_.capacity() ? checker_.describe(*current_->actor, offset)
                                                     : "private memory");
    f.got = Party{fmt::format("access of {} B", bytes), Checker::id(*current_->actor), place, "",
                  false};
    return f;
  });
  abandon();
}

void Runtime::event() {
  checker_.settle();
  if (before_value_ > 1) {  // the countdown was cut short for the value
    arm(std::exchange(before_value_, 0) - 1);
    return;
  }
  before_value_ = 0;
  arm(until_yield());
  if (current_->spins == 0) idle_spins_ = 0;
  yield(false);
}

void Runtime::await_value() {
  if (before_value_ == 0) before_value_ = observer.countdown;
  arm(1);
}

void Runtime::crash(std::uintptr_t address, const char* what, FindingKind kind, const void* code) {
  Finding finding;
  finding.kind = kind;
  finding.what = what;
  if (stacks_->in_guard(std::bit_cast<const void*>(address))) {
    finding.what = "the thread's local variables need more than its stack";
  } else if (kind == FindingKind::bounds) {
    finding.what = fmt::format("{} at address {:#x}", what, address);
  }
  // The code address is of the instruction itself; a place is one past a call.
  finding.got = Party{"access", Checker::id(*current_->actor),
                      place_of(static_cast<const char*>(code) + 1), "", false};
  findings_.add(std::move(finding));
  abandon();
}

void Runtime::undefined(const std::string& what, const std::string& where) {
  Finding finding;
  finding.kind = FindingKind::ub;
  finding.what = what;
  finding.got = Party{"computed", Checker::id(*current_->actor), no_place, where, false};
  findings_.add(std::move(finding));
}

void Runtime::fail_sync(const std::string& what, source_api::Site site) {
  Finding finding;
  finding.kind = FindingKind::sync;
  finding.what = what;
  finding.got = Party{"call", Checker::id(*current_->actor), no_place, words(site), false};
  findings_.add(std::move(finding));
  abandon();
}

// Who waits where, of the first block that cannot go on.
void Runtime::report_deadlock(const std::string& why) {
  for (const auto& block : slots_) {
    if (!block->running) continue;
    struct Group {
      std::string where;
      std::uint32_t count, first;
    };
    std::vector<Group> groups;
    for (const Fiber& fiber : block->fibers) {
      if (fiber.waits == Waits::nothing) continue;
      std::string where = "k_sync at " + words(fiber.site);
      if (fiber.waits == Waits::wave) {
        const WaveRun::Slot& slot = fiber.wave->slots[fiber.actor->lane];
        where =
            fmt::format("{} at {}", wave_op_names[static_cast<int>(slot.op)], words(fiber.site));
        if (slot.mask != fiber.wave->clock->lanes) where += fmt::format(" mask {:#x}", slot.mask);
      }
      const auto known = std::find_if(groups.begin(), groups.end(),
                                      [&](const Group& g) { return g.where == where; });
      if (known == groups.end()) {
        groups.push_back({where, 1, fiber.thread});
      } else {
        ++known->count;
      }
    }
    if (groups.empty() && why.empty()) continue;
    Finding finding;
    finding.kind = FindingKind::sync;
    std::string list;
    for (const Group& g : groups) {
      list += fmt::format("{}{} wait in {} (first thread {})", list.empty() ? "" : "; ", g.count,
                          g.where, g.first);
    }
    if (block->exited > 0) list += fmt::format("; {} have exited", block->exited);
    finding.what = why.empty() ? fmt::format("block {} cannot go on, of its {} threads {}",
                                             block->clock.index, block->threads, list)
                               : why + (list.empty() ? "" : ": " + list);
    findings_.add(std::move(finding));
    return;
  }
}

}  // namespace kernelgate
