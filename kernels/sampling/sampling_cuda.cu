#include "kernels/sampling/sampling_entries.hpp"

namespace kernelgate {
NativeEntries sampling_cuda_entries() { return sampling_entries(); }
}  // namespace kernelgate
