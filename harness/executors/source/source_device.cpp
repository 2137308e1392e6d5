#include "harness/executors/source/source_device.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "harness/core/pieces.hpp"
#include "harness/devices/unsupported_reason.hpp"
#include "harness/executors/source/canary.hpp"
#include "harness/executors/source/crash.hpp"
#include "harness/executors/source/places.hpp"
#include "harness/executors/source/watchdog.hpp"

namespace kernelgate {

namespace {

constexpr std::size_t max_words = 8;  // maximum number of findings in a fault's text

std::string unsupported_reason_of(const NativeEntry& entry, const LaunchShape& shape,
                                  const DeviceProfile& profile) {
  Needs needs;
  needs.wave = entry.wave;
  needs.threads = shape.threads;
  needs.shared_bytes = shape.shared_bytes;
  if (const auto reason = unsupported_reason(needs, profile)) return *reason;
  if (shape.threads == 0 || shape.grid[0] == 0 || shape.grid[1] == 0 || shape.grid[2] == 0) {
    return "a launch of no threads";
  }
  if (static_cast<std::int64_t>(shape.threads) > entry.max_threads) {
    return fmt::format("a block of {} threads, its launch bound is {}", shape.threads,
                       entry.max_threads);
  }
  if (shape.shared_bytes < entry.shared_bytes) {
    return fmt::format("a launch with {} B of shared memory, the kernel's struct has {} B",
                       shape.shared_bytes, entry.shared_bytes);
  }
  if (shape.threads > 1024 ||
      static_cast<std::uint64_t>(shape.shared_bytes) > DeviceMemory::lds_slot_bytes) {
    return fmt::format("the executor gives 1024 threads and {} B of shared memory to a block",
                       DeviceMemory::lds_slot_bytes);
  }
  return "";
}

}  // namespace

SourceDevice::SourceDevice(const DeviceProfile& profile, const SourceOptions& options)
    : profile_(profile),
      options_(options),
      memory_(options.checking == Checking::all ? Shadow::kept : Shadow::none),
      runtime_(std::make_unique<Runtime>(profile_, memory_, findings_, options)) {}

SourceDevice::~SourceDevice() = default;

void SourceDevice::name_run(std::string subject, std::string repro_command) {
  subject_ = std::move(subject);
  repro_command_ = std::move(repro_command);
}

std::byte* SourceDevice::allocate(std::int64_t bytes, std::string_view name) {
  return memory_.allocate(bytes, name, mix64(options_.seed + ++allocations_));
}

void SourceDevice::release(std::byte* memory) { memory_.release(memory); }

void SourceDevice::upload(std::byte* to, const std::byte* from, std::int64_t bytes) {
  memory_.written_by_host(to, bytes);
  if (bytes > 0) std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

void SourceDevice::download(std::byte* to, const std::byte* from, std::int64_t bytes) {
  memory_.read_by_host(from, bytes);
  if (options_.checking == Checking::all) {  // the host's poison remains where nothing was written
    memory_.copy_written(to, from, bytes);
  } else if (bytes > 0) {
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
  }
}

// Without this check, a unit compiled with the wrong flags would pass every check unobserved.
bool SourceDevice::observed(const NativeEntry& entry) const {
  if (!entry.call)
    throw NativeFault(fmt::format("{} is no kernel instance of a host unit", entry.name));
  const std::uint64_t seen = canary_accesses(entry);
  if (seen == source_api::canary_total) return true;
  if (seen == 0 && options_.checking == Checking::off) return false;
  throw NativeFault(
      fmt::format("{}: its unit is not instrumented: of {} accesses of the self-test {} were seen",
                  entry.name, source_api::canary_total, seen));
}

std::vector<Finding> SourceDevice::check(const NativeEntry& entry, const LaunchShape& shape,
                                         const void* const* arguments) {
  const std::string refused = unsupported_reason_of(entry, shape, profile_);
  if (!refused.empty()) {
    throw NativeFault(
        fmt::format("unsupported  {} on {} (source): {}", entry.name, profile_.name, refused));
  }
  findings_.clear();
  const bool is_observed = observed(entry);
  {
    const CrashGuard guard;
    const Watchdog watchdog(options_.step_limit.silent_seconds);
    runtime_->run(entry, shape, arguments, is_observed);
  }
  if (const auto broken = memory_.broken_guard_band(); broken && findings_.empty()) {
    Finding finding;
    finding.kind = FindingKind::bounds;
    finding.what = *broken;
    findings_.add(std::move(finding));
  }
  if (findings_.empty()) count(entry, shape);
  return findings_.list();
}

void SourceDevice::count(const NativeEntry& entry, const LaunchShape& shape) {
  if (runtime_->counters() == nullptr) return;
  LaunchCounters launch = runtime_->counters()->sum();
  launch.kernel = entry.name;
  launch.launches = 1;
  const auto wave = static_cast<std::uint64_t>(entry.wave);
  launch.all_waves = std::uint64_t{shape.grid[0]} * shape.grid[1] * shape.grid[2] *
                     pieces<std::uint64_t>(shape.threads, wave);
  add(counters_, launch);
}

std::string SourceDevice::words(const Finding& finding) { return text(finding, &name_of_place); }

void SourceDevice::launch(const NativeEntry& entry, const LaunchShape& shape,
                          const void* const* arguments, int) {
  const std::vector<Finding> found = check(entry, shape, arguments);
  if (found.empty()) return;
  const std::string headline =
      fmt::format("incorrect  {} on {} (source)  seed {}", subject_.empty() ? entry.name : subject_,
                  profile_.name, options_.seed);
  std::string lines;
  for (std::size_t i = 0; i < found.size() && i < max_words; ++i) {
    lines += (i > 0 ? "\n" : "") + words(found[i]);
  }
  if (found.size() > max_words) {
    lines += fmt::format("\n  and {} more", found.size() - max_words);
  }
  if (!repro_command_.empty()) lines += "\n  rerun    " + repro_command_;
  throw NativeFault(headline, lines);
}

std::size_t SourceDevice::stack_high_water() const {
  return runtime_->stacks() ? runtime_->stacks()->high_water() : 0;
}

}  // namespace kernelgate
