// The native latent attention with its work partitioning chosen by the caller, for tests of every
// cut.
#pragma once

#include <memory>
#include <vector>

#include "harness/native/plan.hpp"
#include "kernels/mla_attention/mla_attention.hpp"

namespace kernelgate {

/// How a launch partitions the work; every choice is correct.
struct NativeMlaCut {
  std::int64_t split_keys = 128;     // at least 1
  std::int64_t merge_threads = 256;  // per block of the merge, 1 to 256
  std::int64_t merge_blocks = 0;     // 0: one thread per element
};

/// Enough splits to keep a device busy. Their number depends on the case only, because it
/// determines the bits of the result.
NativeMlaCut native_mla_cut(const MlaAttentionCase& c);

/// The launches of a cut, in order: the tiles, and with several splits their merge.
std::vector<NativeUse> native_mla_uses(const MlaAttentionCase& c, const DeviceProfile& device,
                                       NativeMlaCut cut);

std::unique_ptr<Launch> prepare_native_mla(const MlaAttentionCase& c, TensorSet& tensors,
                                           NativeDevice& device, const NativeEntrySet& entries,
                                           NativeMlaCut cut);

}  // namespace kernelgate
