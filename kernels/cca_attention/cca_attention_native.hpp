// The native attention with its work partitioning chosen by the caller, for tests of every split
// count.
#pragma once

#include <memory>
#include <vector>

#include "harness/native/plan.hpp"
#include "kernels/cca_attention/cca_attention.hpp"

namespace kernelgate {

enum class AttentionWay {
  split,   // a few query rows per block, their keys in splits
  tile,    // tiles of query rows
  matrix,  // tiles of query rows on matrix instructions
};

/// How a launch partitions the work; every choice is correct. split_keys (at least 1) affects
/// splits only.
struct NativeAttentionCut {
  AttentionWay way = AttentionWay::split;
  std::int64_t split_keys = 128;
};

/// Tiles if there are enough rows to fill one and the device has the shared memory, otherwise
/// splits. The number of splits keeps a device busy and depends on the case only, because it
/// determines the bits of the result.
NativeAttentionCut native_attention_cut(const CcaAttentionCase& c, const DeviceProfile& device);

/// The launches of a cut, in order: the kernel, and with several splits their merge.
std::vector<NativeUse> native_attention_uses(const CcaAttentionCase& c, const DeviceProfile& device,
                                             NativeAttentionCut cut);

std::unique_ptr<Launch> prepare_native_attention(const CcaAttentionCase& c, TensorSet& tensors,
                                                 NativeDevice& device,
                                                 const NativeEntrySet& entries,
                                                 NativeAttentionCut cut);

}  // namespace kernelgate
