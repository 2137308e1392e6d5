#include "kernels/token_bitmask/token_bitmask_entries.hpp"

namespace kernelgate {
NativeEntries token_bitmask_hip_entries() { return token_bitmask_entries(); }
}  // namespace kernelgate
