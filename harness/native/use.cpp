#include "harness/native/use.hpp"

#include <fmt/format.h>

#include <limits>
#include <stdexcept>
#include <vector>

#include "harness/devices/unsupported_reason.hpp"

namespace kernelgate {
namespace {

// CUDA C++ Programming Guide, Technical Specifications per Compute Capability: 2^31 - 1 blocks
// along x, 65535 along y and z. HIP counts a grid in threads, 32 bits per axis (HIP Programming
// Manual, hipExtModuleLaunchKernel; the AQL packet's grid_size_x, HSA specification 2.9.6).
std::optional<std::string> grid_unsupported_reason(const NativeUse& use,
                                                   const DeviceProfile& device) {
  constexpr std::int64_t max_x = std::numeric_limits<std::int32_t>::max(), max_yz = 65535;
  constexpr const char* axes[] = {"x", "y", "z"};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t most = axis == 0 ? max_x : max_yz;
    if (use.grid[axis] < 1 || use.grid[axis] > most) {
      return fmt::format("{} needs {} blocks along {}, a grid has 1 to {}", use.entry,
                         use.grid[axis], axes[axis], most);
    }
  }
  constexpr std::int64_t most_threads = std::numeric_limits<std::uint32_t>::max();
  if (device.vendor == Vendor::amd && use.grid[0] > most_threads / use.threads) {
    return fmt::format("{} needs {} blocks of {} threads, {} counts at most {} threads along x",
                       use.entry, use.grid[0], use.threads, device.name, most_threads);
  }
  return std::nullopt;
}

}  // namespace

const NativeEntry& NativeEntrySet::operator[](std::string_view name) const {
  if (const NativeEntry* entry = find(name)) return *entry;
  std::string names;
  for (const NativeEntry& entry : all()) names += fmt::format(" {}", entry.name);
  throw std::logic_error(fmt::format("no instance '{}'; there are:{}", name, names));
}

std::optional<std::string> unsupported_reason(std::span<const NativeUse> uses,
                                              const NativeEntrySet& entries,
                                              const DeviceProfile& device) {
  for (const NativeUse& use : uses) {
    const NativeEntry* entry = entries.find(use.entry);
    if (entry == nullptr) return fmt::format("this build has no instance {}", use.entry);
    if (use.threads < 1 || use.threads > entry->max_threads) {
      return fmt::format("{} needs {} threads, it is compiled for 1 to {}", use.entry, use.threads,
                         entry->max_threads);
    }
    const Needs needs{.wave = entry->wave,
                      .threads = use.threads,
                      .shared_bytes = entry->shared_bytes,
                      .matrix = use.matrix};
    if (const auto reason = unsupported_reason(needs, device)) {
      return fmt::format("{} {}", use.entry, *reason);
    }
    if (auto reason = grid_unsupported_reason(use, device)) return reason;
  }
  return std::nullopt;
}

std::string describe(std::span<const NativeUse> uses) {
  std::string text;
  for (const NativeUse& use : uses) {
    text += fmt::format("{}{} ", text.empty() ? "" : ", ", use.entry);
    text += use.grid[1] == 1 && use.grid[2] == 1
                ? fmt::format("{}", use.grid[0])
                : fmt::format("({},{},{})", use.grid[0], use.grid[1], use.grid[2]);
    text += fmt::format(" x {}", use.threads);
  }
  return text;
}

LaunchShape shape_of(const NativeUse& use, const NativeEntry& entry) {
  LaunchShape shape;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    shape.grid[axis] = static_cast<std::uint32_t>(use.grid[axis]);
  }
  shape.threads = static_cast<std::uint32_t>(use.threads);
  shape.shared_bytes = entry.shared_bytes;
  return shape;
}

}  // namespace kernelgate
