// Describes the launches of a native variant for a case and a kind of device, before any launch.
// One function reports why a launch is unsupported, and one text distinguishes the launches of two
// devices.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "harness/devices/profile.hpp"
#include "harness/native/device.hpp"
#include "harness/native/entry_set.hpp"

namespace kernelgate {

/// One launch: a kernel instance by name, its grid and the threads per block. The instance
/// determines the shared memory.
struct NativeUse {
  std::string entry;  // "linear_gemv<bf16,w32>"
  std::array<std::int64_t, 3> grid{1, 1, 1};
  std::int64_t threads = 0;
  MatrixFamily matrix = MatrixFamily::none;  // of the instance
};

/// The reason, with numbers, why such a device cannot make these launches; nothing if it can.
/// Checks for an instance that the build lacks, its wave width, threads, shared memory, matrix
/// instructions, a grid over 2^31 - 1 blocks (65535 along y and z), and on AMD over 2^32 - 1
/// threads along an axis.
std::optional<std::string> unsupported_reason(std::span<const NativeUse> uses,
                                              const NativeEntrySet& entries,
                                              const DeviceProfile& device);

/// "linear_gemv<bf16,w32> 64 x 256, linear_sum<bf16,w32> 8 x 256": instance, blocks, threads.
std::string describe(std::span<const NativeUse> uses);

/// The launch's shape on the device. Only for launches that refusal() accepts.
LaunchShape shape_of(const NativeUse& use, const NativeEntry& entry);

/// Makes a launch with arguments of the kernel's exact parameter types.
template <KernelArgument... Args>
void launch_use(NativeDevice& device, const NativeEntrySet& entries, const NativeUse& use,
                const Args&... args) {
  const NativeEntry& entry = entries[use.entry];
  launch_kernel(device, entry, shape_of(use, entry), args...);
}

}  // namespace kernelgate
