#include "kernels/linear/linear_entries.hpp"

namespace kernelgate {
NativeEntries linear_cuda_entries() { return linear_entries(); }
}  // namespace kernelgate
