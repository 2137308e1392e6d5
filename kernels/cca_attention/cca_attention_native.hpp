// The native attention with its cut in the caller's hands, for tests of every split count.
#pragma once

#include <memory>
#include <vector>

#include "harness/native/plan.hpp"
#include "kernels/cca_attention/cca_attention.hpp"

namespace kernelgate {

/// How a launch cuts the work; any cut is right. split_keys counts for the split kernel alone.
struct NativeAttentionCut {
  bool tile = false;            // tiles of query rows, else splits of their keys
  std::int64_t split_keys = 0;  // at least 1
};

/// Tiles where there are rows to fill one and the device has the shared memory; else splits, as
/// many as keep a device busy, for which the case alone is asked: their number decides the bits.
NativeAttentionCut native_attention_cut(const CcaAttentionCase& c, const DeviceProfile& device);

/// The launches of a cut, in order: the kernel, and with several splits their merge.
std::vector<NativeUse> native_attention_uses(const CcaAttentionCase& c, const DeviceProfile& device,
                                             NativeAttentionCut cut);

std::unique_ptr<Launch> prepare_native_attention(const CcaAttentionCase& c, TensorSet& tensors,
                                                 NativeDevice& device,
                                                 const NativeEntrySet& entries,
                                                 NativeAttentionCut cut);

}  // namespace kernelgate
