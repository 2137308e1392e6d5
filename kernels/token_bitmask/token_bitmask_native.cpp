// token_bitmask, native: the host side. Selects the instance for the rows and launches it.
#include "harness/core/pieces.hpp"
#include "harness/native/plan.hpp"
#include "kernels/token_bitmask/token_bitmask.hpp"
#include "kernels/token_bitmask/token_bitmask_launch.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t threads = 256;

/// Logits per thread: those of a 16-byte store where every row begins at a multiple of that, else
/// 1.
std::int64_t each(const TokenBitmaskCase& c) {
  const std::int64_t wide = 16 / size_bytes(c.type);
  return c.vocabulary % wide == 0 ? wide : 1;
}

std::int64_t blocks_per_row(const TokenBitmaskCase& c) {
  return pieces(c.vocabulary, threads * each(c));
}

std::vector<NativeUse> uses(const TokenBitmaskCase& c, const DeviceProfile& device) {
  return {{.entry = std::string(token_bitmask_name(name(c.type), device.wave, each(c))),
           .grid = {c.rows * blocks_per_row(c), 1, 1},
           .threads = threads}};
}

std::unique_ptr<Launch> prepare(const TokenBitmaskCase& c, TensorSet& tensors, NativeDevice& device,
                                const NativeEntrySet& entries) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const auto vocabulary = static_cast<std::uint32_t>(c.vocabulary);
  const auto real_ids = static_cast<std::uint32_t>(c.real_ids());
  const auto words = static_cast<std::uint32_t>(c.mask_words());
  const auto blocks = static_cast<std::uint32_t>(blocks_per_row(c));
  return make_native_launch(device, memory,
                            [=, &device, &m = *memory, use = uses(c, device.profile())[0]] {
                              launch_use(device, entries, use, m["logits"], m["bitmask"],
                                         m["mask_of"], vocabulary, real_ids, words, blocks);
                            });
}

}  // namespace

void register_token_bitmask_native(Registry& registry) {
  registry.add_native<TokenBitmaskCase>(
      {.note = "16 bytes of logits per thread, kept logits unread",
       .reproducible = {true, "no sums"},
       .uses = uses,
       .prepare = prepare});
}

}  // namespace kernelgate
