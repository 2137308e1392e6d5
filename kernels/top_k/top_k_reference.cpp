// The case of top_k and its reference.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "harness/core/random.hpp"
#include "harness/core/sample.hpp"
#include "kernels/top_k/selection_property.hpp"
#include "kernels/top_k/top_k.hpp"
#include "kernels/top_k/top_k_reference.hpp"

namespace kernelgate {
namespace {

// Sets a 32-bit float, or a 16-bit type by the upper half: one table of bit patterns for both.
void set_upper_bits(Tensor& tensor, std::int64_t i, std::uint32_t bits) {
  const std::int64_t size = size_bytes(tensor.spec().type);
  if (size == 2) bits >>= 16;
  std::memcpy(tensor.data() + i * size, &bits, static_cast<std::size_t>(size));
}

constexpr std::uint32_t sign_bit = 0x80000000U;
constexpr std::uint32_t quiet_nan = 0x7FE00000U;  // a NaN in all three types

void fill_row(const TopKCase& c, Tensor& logits, std::int64_t row, DataMode mode,
              std::uint64_t key) {
  const std::int64_t length = c.length_of(row);
  const bool wide = size_bytes(c.type) == 4;
  const std::int64_t finite_every = std::max<std::int64_t>(2, 2 * length / c.k);
  for (std::int64_t column = 0; column < c.columns; ++column) {
    const std::int64_t i = row * c.columns + column;
    const auto word = static_cast<std::uint32_t>(word_at(key, static_cast<std::uint64_t>(i)) >> 32);
    if (column >= length) {  // padding larger than anything valid (K11)
      if ((column & 1) != 0)
        set_upper_bits(logits, i, quiet_nan);
      else
        logits.set(i, c.type == Dtype::f16 ? 65504 : 3e38);
      continue;
    }
    const double random = mode == DataMode::exact
                              ? static_cast<double>(signed_integer(key, i, 1000))
                              : 2 * bell(key, i);
    switch (c.data) {
      case TopKData::random:
        logits.set(i, random);
        break;
      case TopKData::equal:
        logits.set(i, 1.5);
        break;
      case TopKData::shared11:
        set_upper_bits(logits, i, 0x3F800000U | (word & (wide ? 0x1FFFFFU : 0x1F0000U)));
        break;
      case TopKData::shared22:
        set_upper_bits(logits, i, 0x3F800000U | (word & 0x3FFU));
        break;
      case TopKData::ascending:
        logits.set(i, 0.125 * static_cast<double>(column));
        break;
      case TopKData::descending:
        logits.set(i, -0.125 * static_cast<double>(column));
        break;
      case TopKData::neginf:
        logits.set(i, column % finite_every == 1 ? random : -INFINITY);
        break;
      case TopKData::nan: {
        const bool one = column == length / 2 || column == length / 3;
        if (one)
          set_upper_bits(logits, i, column == length / 2 ? quiet_nan : sign_bit | quiet_nan);
        else
          logits.set(i, random);
        break;
      }
      case TopKData::all_nan:
        set_upper_bits(logits, i, quiet_nan | (word & sign_bit));
        break;
      case TopKData::tiny:  // zeros and the two smallest subnormals of either sign
        set_upper_bits(logits, i, (word & sign_bit) | ((word % 3) << (wide ? 0 : 16)));
        break;
    }
  }
}

}  // namespace

const Axes<TopKCase>& TopKCase::axes() {
  static const Axes<TopKCase> table =
      Axes<TopKCase>()
          .number("rows", &TopKCase::rows, 1, 1 << 20)
          .number("columns", &TopKCase::columns, 1, 0x7FFFFFFF)
          .number("valid", &TopKCase::valid, 0, 0x7FFFFFFF)
          .number("k", &TopKCase::k, 1, largest_k)
          .word("lengths", &TopKCase::lengths, {"full", "ragged"})
          .word("data", &TopKCase::data,
                {"random", "equal", "shared11", "shared22", "ascending", "descending", "neginf",
                 "nan", "all_nan", "tiny"})
          .word("order", &TopKCase::order, {"sorted", "any"})
          .dtype(&TopKCase::type);
  return table;
}

void TopKCase::validate() const {
  if (valid > columns) {
    throw BadInput(
        fmt::format("top_k: axis 'valid': expected at most columns = {}, got {}", columns, valid));
  }
}

std::int64_t TopKCase::length_of(std::int64_t row) const {
  if (lengths == TopKLengths::full) return longest();
  const std::int64_t turns[] = {k + 1, 0, 1, k - 1, k, longest() / 2, longest()};
  return std::min(turns[row % 7], longest());
}

Traffic TopKCase::traffic() const {
  std::int64_t entries = 0;
  for (std::int64_t r = 0; r < rows; ++r) entries += length_of(r);
  return {.bytes = (entries + rows * k) * size_bytes(type) + rows * (1 + k) * 4, .flops = 0};
}

std::vector<TensorSpec> TopKCase::tensors() const {
  return {{"logits", type, {rows, columns}, Role::input},
          {"length", Dtype::i32, {rows}, Role::input},
          {"index", Dtype::i32, {rows, k}, Role::output},
          {"value", type, {rows, k}, Role::output}};
}

void TopKCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const std::uint64_t key = stream_key(id_of(*this), seed, mode, "logits");
  Tensor& logits = tensors["logits"];
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < rows; ++row) fill_row(*this, logits, row, mode, key);
  for (std::int64_t row = 0; row < rows; ++row) {
    tensors["length"].set(row, static_cast<double>(length_of(row)));
  }
}

// Selection is exact, so both modes are judged bit for bit. If there are too many rows to sort,
// some are sampled; the property covers every row at the cost of one pass.
ReferenceValues TopKCase::reference_values(const TensorSet& before, DataMode mode,
                                           std::uint64_t seed) const {
  ReferenceValues reference_values;
  const Tensor& logits = before["logits"];
  reference_values.properties.push_back(selection_property(*this));
  if (order == TopKOrder::any) return reference_values;
  const Sample sample =
      sample_rows(rows, 500 * columns, stream_key(id_of(*this), seed, mode, "rows"), 4);
  NumericReference index{.tensor = "index", .at = {}, .value = {}, .error_bound = {}};
  NumericReference value{.tensor = "value", .at = {}, .value = {}, .error_bound = {}};
  const Values all(type, logits.data(), logits.count());
  for (const std::int64_t row : sample.positions) {
    const std::vector<std::int32_t> best =
        reference::top_k(all.row(row, columns), length_of(row), k);
    for (std::int64_t j = 0; j < k; ++j) {
      const std::int32_t at = best[static_cast<std::size_t>(j)];
      if (!sample.complete) {
        index.at.push_back(row * k + j);
        value.at.push_back(row * k + j);
      }
      index.add_exact(at);
      value.add_exact(at < 0 ? -INFINITY : logits.get(row * columns + at));
    }
  }
  reference_values.numeric = {std::move(index), std::move(value)};
  return reference_values;
}

void register_top_k_reference(Registry& registry) {
  registry.add_kernel<TopKCase>("index[r,.], value[r,.] = the k largest of logits[r,0..length[r])");
}

}  // namespace kernelgate
