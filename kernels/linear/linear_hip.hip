#include "kernels/linear/linear_entries.hpp"

namespace kernelgate {
NativeEntries linear_hip_entries() { return linear_entries(); }
}  // namespace kernelgate
