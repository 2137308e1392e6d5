#include "kernels/linear_w4/linear_w4_entries.hpp"

namespace kernelgate {
NativeEntries linear_w4_hip_entries() { return linear_w4_entries(); }
}  // namespace kernelgate
