// The native attention with its cut in the caller's hands, for tests of every split count.
#pragma once

#include <memory>
#include <vector>

#include "harness/native/plan.hpp"
#include "kernels/cca_attention/cca_attention.hpp"

namespace kernelgate {

enum class AttentionWay {
  split,   // a few query rows a block, their keys in splits
  tile,    // tiles of query rows
  matrix,  // tiles of query rows on matrix instructions
};

/// How a launch cuts the work; any cut is right. split_keys, at least 1, counts for splits alone.
struct NativeAttentionCut {
  AttentionWay way = AttentionWay::split;
  std::int64_t split_keys = 128;
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
