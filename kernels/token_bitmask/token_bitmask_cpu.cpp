// token_bitmask on CPU threads: a word of the mask at a time. Words that allow all are skipped
// without a look at their logits; the others choose between a logit's bits and those of -inf.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/token_bitmask/token_bitmask_rule.hpp"

namespace kernelgate {
namespace {

using Host = Kokkos::DefaultHostExecutionSpace;

template <class T>
void mask_word(T* logits, std::int64_t count, std::uint32_t kept) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint16_t>;
  const T nothing = from_float<T>(-INFINITY);
  if (count < 32) {
    for (std::int64_t j = 0; j < count; ++j) {
      if ((kept >> j & 1U) == 0) logits[j] = nothing;
    }
    return;
  }
  Bits low, each[32];
  std::memcpy(&low, &nothing, sizeof(low));
  std::memcpy(each, logits, sizeof(each));
  for (std::uint32_t j = 0; j < 32; ++j) each[j] = (kept >> j & 1U) != 0 ? each[j] : low;
  std::memcpy(static_cast<void*>(logits), each, sizeof(each));
}

template <class T>
std::unique_ptr<Launch> launch(const TokenBitmaskCase& c, TensorSet& tensors) {
  const TokenBitmaskRule rule(c);
  T* logits = tensors["logits"].as<T>().data();
  const std::int32_t* bitmask = tensors["bitmask"].as<std::int32_t>().data();
  const std::int32_t* mask_of = tensors["mask_of"].as<std::int32_t>().data();
  constexpr std::int64_t piece = 256;  // words a task: 8,192 logits
  const std::int64_t pieces = (rule.row_words() + piece - 1) / piece;
  const Kokkos::RangePolicy<Host, Kokkos::IndexType<std::int64_t>> tasks(0, c.rows * pieces);
  return make_launch([=] {
    Kokkos::parallel_for("token_bitmask_cpu", tasks, [=](std::int64_t task) {
      const std::int64_t row = task / pieces, first = task % pieces * piece;
      const std::int64_t last = std::min(first + piece, rule.row_words());
      T* from = logits + row * rule.vocabulary;
      for (std::int64_t w = first; w < last; ++w) {
        const std::uint32_t kept = rule.kept(bitmask, mask_of[row], w);
        const std::int64_t count = std::min<std::int64_t>(32, rule.vocabulary - 32 * w);
        if (kept != ~0U) mask_word(from + 32 * w, count, kept);
      }
    });
    Kokkos::fence();
  });
}

}  // namespace

void register_token_bitmask_cpu(Registry& registry) {
  registry.add_variant<TokenBitmaskCase>(
      {"kokkos/cpu", Backend::kokkos, "a word of the mask at a time, full words skipped"},
      [](const TokenBitmaskCase& c, TensorSet& tensors) {
        return with_storage(c.type, [&](auto type) { return launch<decltype(type)>(c, tensors); });
      });
}

}  // namespace kernelgate
