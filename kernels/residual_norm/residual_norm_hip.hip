#include "kernels/residual_norm/residual_norm_entries.hpp"

namespace kernelgate {
NativeEntries residual_norm_hip_entries() { return residual_norm_entries(); }
}  // namespace kernelgate
