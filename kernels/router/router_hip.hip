#include "kernels/router/router_entries.hpp"

namespace kernelgate {
NativeEntries router_hip_entries() { return router_entries(); }
}  // namespace kernelgate
