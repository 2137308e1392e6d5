#include "kernels/cca_attention/cca_attention_entries.hpp"

namespace kernelgate {
NativeEntries cca_attention_hip_entries() { return cca_attention_entries(); }
}  // namespace kernelgate
