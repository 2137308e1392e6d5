// linear, native: the host side. Rows for few tokens, tiles for more; a second variant with tiles
// on matrix instructions.
#include <algorithm>

#include "harness/core/pieces.hpp"
#include "harness/native/matrix_tiles.hpp"
#include "harness/native/plan.hpp"
#include "kernels/linear/linear.hpp"
#include "kernels/linear/linear_launch.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t threads = linear_threads, tile = linear_tile;
// Above this number, partly filled tiles cost less than reading the weight once per group of
// tokens.
constexpr std::int64_t few_tokens = 8;
// Blocks that fill a large device, and terms below which a further split costs more than it saves.
constexpr std::int64_t enough_blocks = 512, min_share = 1024;

/// How the terms of a dot product are split among blocks.
struct Splits {
  std::int64_t count, share;
};
Splits splits_of(const LinearCase& c, std::int64_t blocks) {
  const std::int64_t wanted = std::min(pieces(enough_blocks, blocks), pieces(c.in, min_share));
  const std::int64_t share = rounded_up(pieces(c.in, wanted), 8);
  return {pieces(c.in, share), share};
}

struct Shape {
  std::int64_t token_group, row_blocks;
  Splits splits;
};
Shape shape_of_rows(const LinearCase& c, const DeviceProfile& device) {
  const std::int64_t group = c.tokens == 1 ? 1 : 4;
  const std::int64_t blocks = pieces(c.out, threads / device.wave * linear_rows_per_wave);
  return {group, blocks, splits_of(c, blocks * pieces(c.tokens, group))};
}

std::vector<NativeUse> uses(const LinearCase& c, const DeviceProfile& device) {
  if (c.tokens > few_tokens) {
    return {{.entry = std::string(linear_tiles_name(name(c.type), device.wave)),
             .grid = {pieces(c.out, tile), pieces(c.tokens, tile), 1},
             .threads = threads}};
  }
  const Shape shape = shape_of_rows(c, device);
  std::vector<NativeUse> uses{
      {.entry = std::string(linear_rows_name(name(c.type), device.wave, shape.token_group)),
       .grid = {shape.row_blocks, pieces(c.tokens, shape.token_group), shape.splits.count},
       .threads = threads}};
  if (shape.splits.count > 1) {
    uses.push_back({.entry = std::string(linear_sum_name(name(c.type), device.wave)),
                    .grid = {pieces(c.tokens * c.out, threads), 1, 1},
                    .threads = threads});
  }
  return uses;
}

// The larger tile reads less; it is used where it leaves a block for every compute unit of a large
// device.
std::int64_t matrix_tile(const LinearCase& c) {
  constexpr std::int64_t large = 128, small = 64, busy = 128;
  return pieces(c.out, large) * pieces(c.tokens, large) >= busy ? large : small;
}

std::vector<NativeUse> matrix_uses(const LinearCase& c, const DeviceProfile& device) {
  const std::int64_t side = matrix_tile(c);
  return {{.entry = std::string(linear_matrix_name(name(c.type), device.wave, side)),
           .grid = {pieces(c.tokens, side) * pieces(c.out, side), 1, 1},
           .threads = 2 * side,
           .matrix = device.matrix}};
}

// For both kernels with one block per tile: they take the same arguments.
std::unique_ptr<Launch> prepare_tiles(const LinearCase& c, TensorSet& tensors, NativeDevice& device,
                                      const NativeEntrySet& entries, const NativeUse& use) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const auto number = [](std::int64_t n) { return static_cast<std::uint32_t>(n); };
  std::byte* const y = (*memory)["y"];
  std::byte* const y_f32 = c.output_type() == Dtype::f32 ? y : nullptr;
  return make_native_launch(device, memory, [=, &device, x = (*memory)["x"], w = (*memory)["w"]] {
    launch_use(device, entries, use, x, w, y, y_f32, number(c.tokens), number(c.out), number(c.in));
  });
}

std::unique_ptr<Launch> prepare_matrix(const LinearCase& c, TensorSet& tensors,
                                       NativeDevice& device, const NativeEntrySet& entries) {
  return prepare_tiles(c, tensors, device, entries, matrix_uses(c, device.profile())[0]);
}

std::unique_ptr<Launch> prepare(const LinearCase& c, TensorSet& tensors, NativeDevice& device,
                                const NativeEntrySet& entries) {
  const std::vector<NativeUse> u = uses(c, device.profile());
  if (c.tokens > few_tokens) return prepare_tiles(c, tensors, device, entries, u[0]);
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const auto tokens = static_cast<std::uint32_t>(c.tokens);
  const auto out = static_cast<std::uint32_t>(c.out), in = static_cast<std::uint32_t>(c.in);
  const bool to_f32 = c.output_type() == Dtype::f32;
  std::byte* const x = (*memory)["x"];
  std::byte* const w = (*memory)["w"];
  std::byte* const y = (*memory)["y"];
  std::byte* const y_f32 = to_f32 ? y : nullptr;
  const Splits splits = shape_of_rows(c, device.profile()).splits;
  std::byte* part = y_f32;
  if (splits.count > 1) part = memory->scratch(splits.count * c.tokens * c.out * 4, "parts");
  return make_native_launch(device, memory, [=, &device] {
    launch_use(device, entries, u[0], x, w, y, part, tokens, out, in,
               static_cast<std::uint32_t>(splits.share));
    if (splits.count > 1) {
      launch_use(device, entries, u[1], part, y, y_f32, std::uint64_t{tokens} * out,
                 static_cast<std::uint32_t>(splits.count));
    }
  });
}

}  // namespace

void register_linear_native(Registry& registry) {
  registry.add_native<LinearCase>(
      {.note = "few tokens: a wave per four weight rows, terms split; more: tiles of 64 by 64",
       .reproducible = {true, "sums in an order that shape and width fix"},
       .uses = uses,
       .prepare = prepare});
  registry.add_native<LinearCase>(
      {.name = "native/matrix",
       .note = "tiles of 64 by 64 or 128 by 128 on matrix instructions",
       .reproducible = {true, "32 terms per step, in an order that shape and device fix"},
       .uses = matrix_uses,
       .unsupported_reason =
           [](const LinearCase& c, const DeviceProfile& device) {
             return matrix_tiles_unsupported_reason(c.type, device);
           },
       .prepare = prepare_matrix});
}

}  // namespace kernelgate
