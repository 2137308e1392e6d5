#include "harness/executors/gpu/gpu_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/core/text_parts.hpp"
#include "harness/devices/unsupported_reason.hpp"

namespace kernelgate {
namespace {

constexpr unsigned char guard_byte = 0xA7;
// Yields NaN in every floating-point type and an out-of-range index as an integer.
constexpr unsigned char garbage_byte = 0xFF;

}  // namespace

GpuDevice::GpuDevice(const DeviceProfile& profile, std::unique_ptr<GpuRuntime> runtime)
    : profile_(profile), runtime_(std::move(runtime)) {}

GpuDevice::~GpuDevice() {
  for (const auto& [memory, buffer] : buffers_) runtime_->release(memory - guard_bytes);
}

// Runs a call of the runtime. If it fails because the device is lost, throws that.
template <class Call>
auto GpuDevice::on_device(const Call& call) {
  try {
    return call();
  } catch (const NativeFault& fault) {
    if (!runtime_->lost()) throw;
    throw DeviceLost(
        fmt::format("device {} lost: {}", profile_.name, trimmed(fault.findings(), " \n")));
  }
}

std::byte* GpuDevice::allocate(std::int64_t bytes, std::string_view name) {
  // The second guard starts right at the end of the buffer, so that an overrun by one byte is
  // detected.
  std::byte* memory = on_device([&] {
    std::byte* start = runtime_->allocate(bytes + 2 * guard_bytes);
    runtime_->fill(start, guard_byte, guard_bytes);
    if (bytes > 0) runtime_->fill(start + guard_bytes, garbage_byte, bytes);
    runtime_->fill(start + guard_bytes + bytes, guard_byte, guard_bytes);
    return start;
  });
  buffers_[memory + guard_bytes] = {std::string(name), bytes};
  return memory + guard_bytes;
}

void GpuDevice::release(std::byte* memory) {
  if (buffers_.erase(memory) == 0) {
    throw NativeFault("  bounds   released memory that this device did not give\n");
  }
  runtime_->release(memory - guard_bytes);
}

void GpuDevice::upload(std::byte* to, const std::byte* from, std::int64_t bytes) {
  if (bytes > 0) on_device([&] { runtime_->to_device(to, from, bytes); });
}

void GpuDevice::download(std::byte* to, const std::byte* from, std::int64_t bytes) {
  finish();
  if (!launched_.empty()) check_guards();
  if (bytes > 0) on_device([&] { runtime_->to_host(to, from, bytes); });
}

void GpuDevice::check_guards() {
  const std::string kernels = std::exchange(launched_, {});
  std::vector<std::byte> guard(static_cast<std::size_t>(guard_bytes));
  for (const auto& [memory, buffer] : buffers_) {
    for (const bool behind : {false, true}) {
      const std::byte* from = behind ? memory + buffer.bytes : memory - guard_bytes;
      on_device([&] { runtime_->to_host(guard.data(), from, guard_bytes); });
      const auto changed = std::find_if(guard.begin(), guard.end(),
                                        [](std::byte b) { return b != std::byte{guard_byte}; });
      if (changed == guard.end()) continue;
      const std::int64_t at = changed - guard.begin();
      throw NativeFault(
          fmt::format("  bounds   a write outside of buffer '{}' of {} bytes, at byte {}\n"
                      "  got      by one of the kernels {} on {}\n",
                      buffer.name, buffer.bytes, behind ? buffer.bytes + at : at - guard_bytes,
                      kernels, profile_.name));
    }
  }
}

void GpuDevice::launch(const NativeEntry& entry, const LaunchShape& shape,
                       const void* const* arguments, int argument_count) {
  Needs needs;
  needs.wave = entry.wave;
  needs.threads = shape.threads;
  needs.shared_bytes = shape.shared_bytes;
  if (const auto reason = unsupported_reason(needs, profile_)) {
    throw NativeFault(fmt::format("  rejected {}: {}\n", entry.name, *reason));
  }
  if (shape.threads > static_cast<std::uint32_t>(entry.max_threads) ||
      shape.shared_bytes < entry.shared_bytes || entry.function == nullptr) {
    throw NativeFault(fmt::format(
        "  rejected {}: launched with {} threads and {} B of shared memory, made for at most {} "
        "threads and {} B{}\n",
        entry.name, shape.threads, shape.shared_bytes, entry.max_threads, entry.shared_bytes,
        entry.function == nullptr ? "; this build has no code of it" : ""));
  }
  std::int64_t& allowed = allowed_shared_[entry.function];
  if (shape.shared_bytes > std::max(allowed, profile_.lds_default_bytes)) {
    on_device([&] { runtime_->allow_shared(entry.function, shape.shared_bytes); });
    allowed = shape.shared_bytes;
  }
  std::vector<void*> addresses;
  addresses.reserve(static_cast<std::size_t>(argument_count));
  for (int i = 0; i < argument_count; ++i) addresses.push_back(const_cast<void*>(arguments[i]));
  if (launched_.find(entry.name) == std::string::npos) {
    launched_ += (launched_.empty() ? "" : ", ") + std::string(entry.name);
  }
  on_device([&] { runtime_->launch(entry.function, shape, addresses.data()); });
}

void GpuDevice::finish() {
  on_device([&] { runtime_->wait(); });
}

void GpuDevice::start_clock() {
  on_device([&] { runtime_->mark_start(); });
}

std::optional<double> GpuDevice::stop_clock() {
  return on_device([&] { return runtime_->seconds_since_mark(); });
}

}  // namespace kernelgate
