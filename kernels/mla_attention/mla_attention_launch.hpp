// Launch arguments and tile sizes of the native mla_attention, in plain structs with the same
// layout for host and device compilers.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"
#include "kernels/common/dialect/common/attention_splits.hpp"

namespace kernelgate {

/// T is the storage type of the instance. Shapes as in mla_attention.hpp.
struct MlaAttentionLaunch {
  const void* q;              // T [batch,tokens,heads,own+rope]
  const void* cache;          // T [batch,rows,rank+rope]
  const void* expanded;       // T [batch,rows,heads,each]; null when latent
  const std::int32_t* valid;  // [batch,2]: first valid row, one past the last
  void* out;                  // T [batch*tokens, heads*values]
  std::uint32_t tokens, rows, heads;
  std::uint32_t group;       // query heads that share a key: all when latent, else 1
  std::uint32_t rank, rope;  // components of a cache row: the latent, the rotated key
  std::uint32_t own;         // unrotated components of a key
  std::uint32_t values, each;
  float factor;  // log2 e / sqrt(nope + rope): scores are exponents of 2
  AttentionSplits splits;
};

/// Tile of a block: query rows, keys at a time and threads; and the longest keys (own and rotated
/// components together) and values that the instance supports.
struct MlaTileSize {
  std::uint32_t rows, keys, threads, width, values;
};

/// The tile for elements of `element` bytes: as many rows and keys as fit into 64 KiB in either
/// form. The 16 rows of a 16-bit latent tile are the heads of one token, so that a decode reads its
/// cache once.
constexpr MlaTileSize mla_tile_size(std::uint32_t element, bool latent) {
  if (latent)
    return element == 2 ? MlaTileSize{16, 32, 256, 576, 512} : MlaTileSize{8, 16, 128, 576, 512};
  return {32, element == 2 ? 32U : 16U, 256, 192, 128};
}

/// Names of the instances.
constexpr InstanceName mla_attention_tile_name(std::string_view type, bool latent,
                                               std::int64_t wave) {
  return instance_name("mla_attention_tile", type,
                       latent ? std::string_view("latent") : std::string_view("expanded"),
                       instance_wave(wave));
}
constexpr InstanceName mla_attention_merge_name(std::string_view type, std::int64_t wave) {
  return typed_instance_name("mla_attention_merge", type, wave);
}

}  // namespace kernelgate
