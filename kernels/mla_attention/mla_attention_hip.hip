#include "kernels/mla_attention/mla_attention_entries.hpp"

namespace kernelgate {
NativeEntries mla_attention_hip_entries() { return mla_attention_entries(); }
}  // namespace kernelgate
