// top_k with the standard library: no vendor library here has the operation.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/common/kokkos/staging.hpp"
#include "kernels/top_k/top_k.hpp"

namespace kernelgate {
namespace {

// A typical engine's code without a kernel: indices, nth_element by value, sort of the best.
template <class T>
void select_row(const T* x, std::int64_t length, std::int64_t k, std::int32_t* index, T* value) {
  const auto rank = [x](std::int32_t i) {
    std::int64_t bits = sizeof(T) == 4 ? std::int64_t{float_to_bits(to_float(x[i]))} : 0;
    if constexpr (sizeof(T) == 2) bits = std::int64_t{x[i].bits} << 16;
    return bits < 0x80000000LL ? bits : 0x7FFFFFFFLL - bits;
  };
  const auto better = [&](std::int32_t a, std::int32_t b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a < b;
  };
  std::vector<std::int32_t> all(static_cast<std::size_t>(length));
  std::iota(all.begin(), all.end(), 0);
  const auto end = all.begin() + std::min(k, length);
  if (k < length) std::nth_element(all.begin(), end, all.end(), better);
  std::sort(all.begin(), end, better);
  for (std::int64_t j = 0; j < k; ++j) {
    const bool filled = j < length;
    index[j] = filled ? all[static_cast<std::size_t>(j)] : -1;
    value[j] = filled ? x[index[j]] : from_float<T>(-INFINITY);
  }
}

template <class T>
std::unique_ptr<Launch> launch(const TopKCase& c, TensorSet& tensors) {
  const T* logits = tensors["logits"].as<T>().data();
  const std::int32_t* length = tensors["length"].as<std::int32_t>().data();
  std::int32_t* index = tensors["index"].as<std::int32_t>().data();
  T* value = tensors["value"].as<T>().data();
  return make_launch([=] {
    const Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace> every_row(0, c.rows);
    Kokkos::parallel_for("top_k std", every_row, [=](std::int64_t r) {
      select_row(logits + r * c.columns, length[r], c.k, index + r * c.k, value + r * c.k);
    });
    Kokkos::fence();
  });
}

std::unique_ptr<Launch> prepare(const TopKCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) { return launch<decltype(type)>(c, tensors); });
}

}  // namespace

void register_top_k_std(Registry& registry) {
  registry.add_variant<TopKCase>(
      {"baseline/std", Backend::kokkos, "std::nth_element, then std::sort of the best k"}, prepare);
}

}  // namespace kernelgate
