#include "kernels/top_k/top_k_entries.hpp"

namespace kernelgate {
NativeEntries top_k_hip_entries() { return top_k_entries(); }
}  // namespace kernelgate
