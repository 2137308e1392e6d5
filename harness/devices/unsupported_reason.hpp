// Reports why a device cannot run a kernel, with the numbers, before the launch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/devices/profile.hpp"

namespace kernelgate {

/// Whether the host raises a kernel's LDS limit above the default before the launch
/// (cudaFuncSetAttribute with MaxDynamicSharedMemorySize). AMD devices need no such call.
enum class LdsOptIn { made, not_made };

/// Requirements of one launch. A zero or `none` is no requirement.
struct Needs {
  std::int64_t wave = 0;          // wave width of the kernel instance, 32 or 64
  std::int64_t threads = 0;       // per block
  std::int64_t shared_bytes = 0;  // LDS per block
  std::int64_t registers = 0;     // 32-bit registers per thread
  MatrixFamily matrix = MatrixFamily::none;
  LdsOptIn lds_opt_in = LdsOptIn::made;
};

/// The reasons why this device cannot run it; nothing if it can. All reasons at once, separated by
/// "; ": "needs 98304 B of LDS, amd-gfx1100 gives 65536 B to a block".
std::optional<std::string> unsupported_reason(const Needs& needs, const DeviceProfile& device);

}  // namespace kernelgate
