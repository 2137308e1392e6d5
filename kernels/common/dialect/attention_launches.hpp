// Host side of native attention kernels: the length of a split, the memory of partial results, and
// the launches of a kernel and its merge.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/pieces.hpp"
#include "harness/native/plan.hpp"
#include "kernels/common/dialect/common/attention_splits.hpp"

namespace kernelgate {

/// Keys per split, in whole tiles of `tile` keys, where a split of `keys` keys has `blocks` blocks:
/// enough splits to keep a large device busy. Shorter ones cost more in the merge than they save.
inline std::int64_t attention_split_keys(std::int64_t keys, std::int64_t blocks,
                                         std::int64_t tile) {
  constexpr std::int64_t wanted_blocks = 512, min_split = 128;
  return std::max(min_split, rounded_up(pieces(keys, pieces(wanted_blocks, blocks)), tile));
}

/// `count` splits of `keys` keys, with scratch memory for values of `width` components if there are
/// several.
inline AttentionSplits attention_splits(NativeTensors& memory, std::int64_t queries,
                                        std::int64_t width, std::int64_t count, std::int64_t keys) {
  const auto kept = [&](std::int64_t floats, std::string_view name) -> float* {
    if (count == 1) return nullptr;
    return reinterpret_cast<float*>(memory.scratch(queries * count * floats * 4, name));
  };
  return {.largest = kept(1, "largest"),
          .total = kept(1, "total"),
          .mixed = kept(width, "mixed"),
          .count = static_cast<std::uint32_t>(count),
          .keys = static_cast<std::uint32_t>(keys)};
}

/// log2 e / sqrt(width): scores are exponents of 2.
inline float attention_factor(std::int64_t width) {
  return static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(width)));
}

/// Launches the kernel and, if `uses` has two entries, the merge of `elements` outputs.
template <class Arguments>
std::unique_ptr<Launch> make_attention_launch(NativeDevice& device,
                                              std::shared_ptr<NativeTensors> memory,
                                              const NativeEntrySet& entries,
                                              const std::vector<NativeUse>& uses,
                                              const Arguments& arguments, std::int64_t elements) {
  const auto run = [&device, entries, uses, arguments, n = static_cast<std::uint64_t>(elements)] {
    launch_use(device, entries, uses[0], arguments);
    if (uses.size() > 1) launch_use(device, entries, uses[1], arguments, n);
  };
  return make_native_launch(device, std::move(memory), run);
}

}  // namespace kernelgate
