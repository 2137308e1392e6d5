// Host side of the native mla_attention: chooses the number of splits and the kernel instance, and
// prepares the launch arguments.
#include "kernels/mla_attention/mla_attention_native.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "harness/core/pieces.hpp"
#include "kernels/common/dialect/attention_launches.hpp"
#include "kernels/mla_attention/mla_attention_launch.hpp"

namespace kernelgate {
namespace {

MlaTileSize tile_of(const MlaAttentionCase& c) {
  return mla_tile_size(static_cast<std::uint32_t>(size_bytes(c.type)), c.latent());
}

// Tiles of query rows per set of keys.
std::int64_t tiles_of(const MlaAttentionCase& c) {
  return pieces(c.tokens * c.group(), tile_of(c).rows);
}

// Number of splits for all rows of a cache, sufficient for any contents of `valid`.
std::int64_t splits_of(const MlaAttentionCase& c, NativeMlaCut cut) {
  return pieces(c.rows(), cut.split_keys);
}

}  // namespace

NativeMlaCut native_mla_cut(const MlaAttentionCase& c) {
  const std::int64_t blocks = c.batch * c.key_heads() * tiles_of(c);
  return {.split_keys = attention_split_keys(c.rows(), blocks, tile_of(c).keys)};
}

std::vector<NativeUse> native_mla_uses(const MlaAttentionCase& c, const DeviceProfile& device,
                                       NativeMlaCut cut) {
  const std::int64_t splits = splits_of(c, cut),
                     elements = c.batch * c.tokens * c.heads * c.values();
  NativeUse tiles;
  tiles.entry = std::string(mla_attention_tile_name(name(c.type), c.latent(), device.wave));
  tiles.grid = {tiles_of(c) * splits, c.key_heads(), c.batch};
  tiles.threads = tile_of(c).threads;
  if (splits == 1) return {tiles};
  NativeUse merge;
  merge.entry = std::string(mla_attention_merge_name(name(c.type), device.wave));
  merge.threads = cut.merge_threads;
  merge.grid[0] = cut.merge_blocks > 0 ? cut.merge_blocks : pieces(elements, merge.threads);
  return {tiles, merge};
}

std::unique_ptr<Launch> prepare_native_mla(const MlaAttentionCase& c, TensorSet& tensors,
                                           NativeDevice& device, const NativeEntrySet& entries,
                                           NativeMlaCut cut) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const NativeTensors& t = *memory;
  const auto number = [](std::int64_t n) { return static_cast<std::uint32_t>(n); };
  const std::int64_t queries = c.batch * c.tokens * c.heads;
  const MlaAttentionLaunch arguments{
      .q = t["q"],
      .cache = t["cache"],
      .expanded = t.find("expanded"),
      .valid = reinterpret_cast<const std::int32_t*>(t["valid"]),
      .out = t["out"],
      .tokens = number(c.tokens),
      .rows = number(c.rows()),
      .heads = number(c.heads),
      .group = number(c.group()),
      .rank = number(c.rank),
      .rope = number(c.rope),
      .own = number(c.own()),
      .values = number(c.values()),
      .each = number(c.nope + c.value_dim),
      .factor = attention_factor(c.nope + c.rope),
      .splits = attention_splits(*memory, queries, c.values(), splits_of(c, cut),
                                 std::min(cut.split_keys, c.rows()))};
  return make_attention_launch(device, memory, entries, native_mla_uses(c, device.profile(), cut),
                               arguments, queries * c.values());
}

namespace {

std::optional<std::string> longer_than_a_tile(const MlaAttentionCase& c, const DeviceProfile&) {
  const MlaTileSize tile = tile_of(c);
  if (c.own() + c.rope <= tile.width && c.values() <= tile.values) return std::nullopt;
  return fmt::format(
      "a block holds {} keys of up to {} components and values of up to {}, got {} "
      "and {}",
      c.latent() ? "latent" : "expanded", tile.width, tile.values, c.own() + c.rope, c.values());
}

}  // namespace

void register_mla_attention_native(Registry& registry) {
  NativePlan<MlaAttentionCase> plan;
  plan.note = "tiles of rows and keys in shared memory, a latent as key and value; splits, merged";
  plan.reproducible = {true,
                       "keys, lanes and splits are summed in an order that case and width fix"};
  plan.unsupported_reason = longer_than_a_tile;
  plan.uses = [](const MlaAttentionCase& c, const DeviceProfile& device) {
    return native_mla_uses(c, device, native_mla_cut(c));
  };
  plan.prepare = [](const MlaAttentionCase& c, TensorSet& tensors, NativeDevice& device,
                    const NativeEntrySet& entries) {
    return prepare_native_mla(c, tensors, device, entries, native_mla_cut(c));
  };
  registry.add_native<MlaAttentionCase>(plan);
}

}  // namespace kernelgate
