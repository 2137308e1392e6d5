// linear_w4, native: the host side. Rows for few tokens, tiles for more.
#include <bit>

#include "harness/core/pieces.hpp"
#include "harness/native/plan.hpp"
#include "kernels/linear_w4/linear_w4.hpp"
#include "kernels/linear_w4/linear_w4_launch.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t threads = linear_w4_threads, tile = linear_w4_tile;
// Above this number, partly filled tiles cost less than reading the weight once per group of
// tokens.
constexpr std::int64_t few_tokens = 8;

std::vector<NativeUse> uses(const LinearW4Case& c, const DeviceProfile& device) {
  if (c.tokens > few_tokens) {
    return {{.entry = std::string(linear_w4_tiles_name(name(c.type), device.wave)),
             .grid = {pieces(c.out, tile), pieces(c.tokens, tile), 1},
             .threads = threads}};
  }
  const std::int64_t group = c.tokens == 1 ? 1 : 4;
  return {{.entry = std::string(linear_w4_rows_name(name(c.type), device.wave, group)),
           .grid = {pieces(c.out, threads / device.wave * linear_w4_rows_per_wave),
                    pieces(c.tokens, group), 1},
           .threads = threads}};
}

std::unique_ptr<Launch> prepare(const LinearW4Case& c, TensorSet& tensors, NativeDevice& device,
                                const NativeEntrySet& entries) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const NativeUse use = uses(c, device.profile())[0];
  std::byte* const none = nullptr;
  std::byte* const scales = (*memory)["scales"];
  std::byte* const y = (*memory)["y"];
  const bool mxfp4 = c.format == FourBitFormat::mxfp4;
  const auto number = [](std::int64_t n) { return static_cast<std::uint32_t>(n); };
  const auto block_bits = number(std::countr_zero(static_cast<std::uint64_t>(c.block)));
  std::byte* const exponents = mxfp4 ? scales : none;
  std::byte* const absmax = mxfp4 ? none : scales;
  std::byte* const y_f32 = c.output_type() == Dtype::f32 ? y : none;
  return make_native_launch(
      device, memory, [=, &device, x = (*memory)["x"], codes = (*memory)["codes"]] {
        launch_use(device, entries, use, x, codes, exponents, absmax, y, y_f32, number(c.tokens),
                   number(c.out), number(c.in), block_bits);
      });
}

}  // namespace

void register_linear_w4_native(Registry& registry) {
  registry.add_native<LinearW4Case>(
      {.note =
           "few tokens: a wave per two weight rows, a lane per 32 codes; more: tiles of 64 by 64",
       .reproducible = {true, "sums in an order that shape and width fix"},
       .uses = uses,
       .prepare = prepare});
}

}  // namespace kernelgate
