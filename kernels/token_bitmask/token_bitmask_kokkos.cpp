// token_bitmask, portable: a logit a work item, so that neighbours write neighbours; what stays is
// neither read nor written.
#include <cmath>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/token_bitmask/token_bitmask_rule.hpp"

namespace kernelgate {
namespace {

template <class T>
struct MaskTokens {
  TokenBitmaskRule rule;
  DeviceView<T> logits;
  DeviceView<std::int32_t> bitmask, mask_of;

  KOKKOS_FUNCTION void operator()(std::int64_t at) const {
    const std::int64_t row = at / rule.vocabulary, id = at % rule.vocabulary;
    const std::uint32_t kept = rule.kept(bitmask.data(), mask_of[row], id >> 5);
    if ((kept >> (id & 31) & 1U) == 0) logits[at] = from_float<T>(-INFINITY);
  }
};

std::unique_ptr<Launch> prepare(const TokenBitmaskCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    const Staged<T> logits(tensors["logits"]);
    const Staged<std::int32_t> bitmask(tensors["bitmask"]), mask_of(tensors["mask_of"]);
    const MaskTokens<T> functor{TokenBitmaskRule(c), logits.view(), bitmask.view(), mask_of.view()};
    const Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>> policy(0,
                                                                             c.rows * c.vocabulary);
    return make_launch(
        [=] {
          Kokkos::parallel_for("token_bitmask", policy, functor);
          Kokkos::fence();
        },
        [=] { logits.fetch(); });
  });
}

}  // namespace

void register_token_bitmask_kokkos(Registry& registry) {
  registry.add_variant<TokenBitmaskCase>({"kokkos", Backend::kokkos, "one work item a logit"},
                                         prepare);
}

}  // namespace kernelgate
