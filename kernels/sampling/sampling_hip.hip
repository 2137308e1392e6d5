#include "kernels/sampling/sampling_entries.hpp"

namespace kernelgate {
NativeEntries sampling_hip_entries() { return sampling_entries(); }
}  // namespace kernelgate
