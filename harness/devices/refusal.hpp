// Why a device cannot run a kernel: said in words, with the numbers, before the launch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/devices/profile.hpp"

namespace kernelgate {

/// Whether the host raises a kernel's limit of LDS over the default before it launches
/// (cudaFuncSetAttribute with MaxDynamicSharedMemorySize); AMD devices need no such call.
enum class LdsOptIn { made, not_made };

/// What one launch asks of a device. What is zero or none is not asked for.
struct Needs {
  std::int64_t wave = 0;          // width the kernel is instantiated for, 32 or 64
  std::int64_t threads = 0;       // of a block
  std::int64_t shared_bytes = 0;  // LDS of a block
  std::int64_t registers = 0;     // 32-bit registers of a thread
  MatrixFamily matrix = MatrixFamily::none;
  LdsOptIn lds_opt_in = LdsOptIn::made;
};

/// Why this device cannot run it, for the report; nothing when it can. All reasons at once, parted
/// by "; ": "needs 98304 B of LDS, amd-gfx1100 gives 65536 B to a block".
std::optional<std::string> refusal(const Needs& needs, const DeviceProfile& device);

}  // namespace kernelgate
