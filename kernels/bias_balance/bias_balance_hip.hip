#include "kernels/bias_balance/bias_balance_entries.hpp"

namespace kernelgate {
NativeEntries bias_balance_hip_entries() { return bias_balance_entries(); }
}  // namespace kernelgate
