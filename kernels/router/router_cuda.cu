#include "kernels/router/router_entries.hpp"

namespace kernelgate {
NativeEntries router_cuda_entries() { return router_entries(); }
}  // namespace kernelgate
