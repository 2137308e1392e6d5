#include "kernels/dialect/self_test/self_test_entries.hpp"

namespace kernelgate {
NativeEntries self_test_cuda_entries() { return self_test_entries(); }
}  // namespace kernelgate
