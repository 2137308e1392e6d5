// Compiled as CUDA, as HIP and for the host: tests/device/CMakeLists.txt.
#include "tests/device/too_large.hpp"

namespace kernelgate {
NativeEntries too_large_table() { return too_large_entries(); }
}  // namespace kernelgate
