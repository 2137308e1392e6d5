// Host side of the native router: two launches, the projection distributed over the device.
#include "kernels/router/router_native.hpp"

#include <type_traits>

#include "harness/core/pieces.hpp"
#include "kernels/router/router_launch.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t threads = 256;

std::vector<NativeUse> uses(const RouterCase& c, const DeviceProfile& device) {
  const std::int64_t tiles = pieces(c.tokens, RouterArguments::tile);
  const std::int64_t groups = pieces(c.width, threads / device.wave);
  return {{.entry = std::string(router_state_name(name(c.type), device.wave)),
           .grid = {tiles * groups, 1, 1},
           .threads = threads},
          {.entry = std::string(
               router_choose_name(name(c.type), device.wave, c.width <= 256 ? 256 : 1024)),
           .grid = {tiles, 1, 1},
           .threads = threads}};
}

}  // namespace

std::unique_ptr<Launch> prepare_native_router(const RouterCase& c, TensorSet& tensors,
                                              NativeDevice& device, const NativeEntrySet& entries) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  RouterArguments a{};
  const auto at = [&m = *memory](auto*& pointer, const char* tensor) {
    pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(m[tensor]);
  };
  at(a.h, "h");
  at(a.w_d, "w_d");
  at(a.b_d, "b_d");
  at(a.g, "g");
  at(a.w1, "w1");
  at(a.b1, "b1");
  at(a.w2, "w2");
  at(a.b2, "b2");
  at(a.w3, "w3");
  at(a.bias, "bias");
  if (c.eda == RouterEda::on) {
    at(a.gamma, "gamma");
    at(a.s_prev, "s_prev");
  }
  at(a.s, "s");
  at(a.p, "p");
  at(a.probability, "probability");
  at(a.choice, "choice");
  a.tokens = static_cast<std::uint32_t>(c.tokens);
  a.hidden = static_cast<std::uint32_t>(c.hidden);
  a.width = static_cast<std::uint32_t>(c.width);
  a.entries = static_cast<std::uint32_t>(c.entries());
  return make_native_launch(device, memory, [=, &device, use = uses(c, device.profile())] {
    launch_use(device, entries, use[0], a);
    launch_use(device, entries, use[1], a);
  });
}

void register_router_native(Registry& registry) {
  registry.add_native<RouterCase>(
      {.note = "a wave per output, four tokens per read of the weights; the MLP in LDS",
       .reproducible = {true, "sums in an order that the width alone fixes"},
       .uses = uses,
       .prepare = prepare_native_router});
}

}  // namespace kernelgate
