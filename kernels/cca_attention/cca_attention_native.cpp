// Host side of the native cca_attention: chooses tiles or splits and the kernel instance, and
// prepares the launch arguments.
#include "kernels/cca_attention/cca_attention_native.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "harness/core/pieces.hpp"
#include "harness/native/matrix_tiles.hpp"
#include "kernels/cca_attention/cca_attention_launch.hpp"
#include "kernels/common/dialect/attention_launches.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t few_rows = 16;  // per kv head: up to here keys are split instead

std::uint32_t instance_d(const CcaAttentionCase& c) {
  return c.head_dim <= 64 ? 64 : c.head_dim <= 128 ? 128 : 256;
}

AttentionTile tile_of(const CcaAttentionCase& c) {
  return attention_tile(static_cast<std::uint32_t>(size_bytes(c.type)), instance_d(c));
}

// The maximum number of keys that one tile of query rows sees.
std::int64_t longest(const CcaAttentionCase& c) {
  std::int64_t most = 1;
  for (std::int64_t b = 0; b < c.batch; ++b) {
    const VisibleKeys first = c.visible(b, 0), last = c.visible(b, c.tokens - 1);
    most = std::max(most, last.end - first.begin);
  }
  return most;
}

std::int64_t splits_of(const CcaAttentionCase& c, NativeAttentionCut cut) {
  return cut.way == AttentionWay::split ? pieces(longest(c), cut.split_keys) : 1;
}

}  // namespace

NativeAttentionCut native_attention_cut(const CcaAttentionCase& c, const DeviceProfile& device) {
  const std::int64_t rows = c.tokens * c.group();
  const AttentionTile tile = tile_of(c);
  const auto element = static_cast<std::uint32_t>(size_bytes(c.type));
  NativeAttentionCut cut;
  if (rows > few_rows && tile.bytes(element, instance_d(c)) <= device.lds_bytes) {
    cut.way = AttentionWay::tile;
  }
  const std::int64_t blocks = c.batch * c.kv_heads * pieces(rows, attention_split_rows);
  cut.split_keys = attention_split_keys(longest(c), blocks, attention_split_tile);
  return cut;
}

std::vector<NativeUse> native_attention_uses(const CcaAttentionCase& c, const DeviceProfile& device,
                                             NativeAttentionCut cut) {
  const AttentionTile tile = tile_of(c);
  const std::int64_t splits = splits_of(c, cut);
  std::int64_t rows = attention_split_rows;
  NativeUse attend;
  attend.threads = attention_split_threads;
  auto entry = cca_attention_split_name;
  if (cut.way == AttentionWay::tile) {
    entry = cca_attention_tile_name;
    rows = tile.rows;
    attend.threads = tile.threads();
  } else if (cut.way == AttentionWay::matrix) {
    entry = cca_attention_matrix_name;
    rows = attention_matrix_rows(static_cast<std::uint32_t>(device.wave));
    attend.threads = attention_matrix_threads;
    attend.matrix = device.matrix;
  }
  attend.entry = std::string(entry(name(c.type), instance_d(c), device.wave));
  attend.grid = {pieces(c.tokens * c.group(), rows) * splits, c.kv_heads, c.batch};
  if (splits == 1) return {attend};
  NativeUse merge;
  merge.entry = std::string(cca_attention_merge_name(name(c.type), device.wave));
  merge.grid = {pieces(c.batch * c.tokens * c.heads * c.head_dim, attention_merge_threads), 1, 1};
  merge.threads = attention_merge_threads;
  return {attend, merge};
}

std::unique_ptr<Launch> prepare_native_attention(const CcaAttentionCase& c, TensorSet& tensors,
                                                 NativeDevice& device,
                                                 const NativeEntrySet& entries,
                                                 NativeAttentionCut cut) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const NativeTensors& t = *memory;
  const auto number = [](std::int64_t n) { return static_cast<std::uint32_t>(n); };
  const std::int64_t queries = c.batch * c.tokens * c.heads;
  const CcaAttentionLaunch arguments{
      .q = t["q"],
      .k = t["k"],
      .v = t["v"],
      .valid = reinterpret_cast<const std::int32_t*>(t["valid"]),
      .out = t["out"],
      .tokens = number(c.tokens),
      .rows = number(c.rows()),
      .heads = number(c.heads),
      .kv_heads = number(c.kv_heads),
      .d = number(c.head_dim),
      .window = number(c.mask == AttentionMask::sliding ? c.window : 0),
      .factor = attention_factor(c.head_dim),
      .splits = attention_splits(*memory, queries, c.head_dim, splits_of(c, cut),
                                 std::min(cut.split_keys, longest(c)))};
  return make_attention_launch(device, memory, entries,
                               native_attention_uses(c, device.profile(), cut), arguments,
                               queries * c.head_dim);
}

namespace {

// The reason why the matrix kernel does not support a case, if any.
std::optional<std::string> matrix_unsupported_reason(const CcaAttentionCase& c,
                                                     const DeviceProfile& device) {
  if (c.type == Dtype::f32) return matrix_tiles_unsupported_reason(c.type, device);
  if (c.head_dim > 128) {
    return fmt::format("keeps the sums of 16 rows in registers: up to 128 components, got {}",
                       c.head_dim);
  }
  if (c.form == AttentionForm::decode) {
    return fmt::format("takes tiles of 16 query rows, decode has {} per kv head", c.group());
  }
  return matrix_tiles_unsupported_reason(c.type, device);
}

NativePlan<CcaAttentionCase> plan_of(NativeAttentionCut (*cut)(const CcaAttentionCase&,
                                                               const DeviceProfile&)) {
  NativePlan<CcaAttentionCase> plan;
  plan.reproducible = {true,
                       "keys, lanes and splits are summed in an order that case and device fix"};
  plan.uses = [cut](const CcaAttentionCase& c, const DeviceProfile& device) {
    return native_attention_uses(c, device, cut(c, device));
  };
  plan.prepare = [cut](const CcaAttentionCase& c, TensorSet& tensors, NativeDevice& device,
                       const NativeEntrySet& entries) {
    return prepare_native_attention(c, tensors, device, entries, cut(c, device.profile()));
  };
  return plan;
}

}  // namespace

void register_cca_attention_native(Registry& registry) {
  NativePlan<CcaAttentionCase> plan = plan_of(native_attention_cut);
  plan.note = "tiles of rows and keys in shared memory; few rows: splits of the keys, merged";
  registry.add_native<CcaAttentionCase>(plan);

  NativePlan<CcaAttentionCase> matrix =
      plan_of([](const CcaAttentionCase&, const DeviceProfile&) -> NativeAttentionCut {
        return {.way = AttentionWay::matrix};
      });
  matrix.name = "native/matrix";
  matrix.note = "16 rows per wave on matrix instructions, weights in parts that add up to f32";
  matrix.unsupported_reason = matrix_unsupported_reason;
  registry.add_native<CcaAttentionCase>(matrix);
}

}  // namespace kernelgate
