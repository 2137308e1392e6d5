#include "kernels/conv_mixing/conv_mixing_entries.hpp"

namespace kernelgate {
NativeEntries conv_mixing_hip_entries() { return conv_mixing_entries(); }
}  // namespace kernelgate
