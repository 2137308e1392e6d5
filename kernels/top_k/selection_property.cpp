#include "kernels/top_k/selection_property.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace kernelgate {
namespace {

// Sign-and-magnitude bits, converted to compare as a signed number: larger is better.
std::int32_t rank_of(const Tensor& tensor, std::int64_t i) {
  const std::int64_t size = size_bytes(tensor.spec().type);
  std::uint32_t bits = 0;
  std::memcpy(&bits, tensor.data() + i * size, static_cast<std::size_t>(size));
  if (size == 2) bits <<= 16;
  const auto magnitude = static_cast<std::int32_t>(bits & 0x7FFFFFFFU);
  return (bits >> 31) != 0 ? -1 - magnitude : magnitude;
}

struct Taken {
  std::int32_t rank = 0;
  std::int64_t position = 0;
  bool operator==(const Taken&) const = default;
};
bool better(const Taken& a, const Taken& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.position < b.position;
}

std::optional<std::string> slot_fault(const TopKCase& c, const TensorSet& got, std::int64_t row,
                                      std::int64_t slot, std::vector<Taken>& taken) {
  const Tensor& logits = got["logits"];
  const std::int64_t length = c.length_of(row);
  const std::int64_t at = row * c.k + slot;
  const std::int64_t position = got["index"].as<std::int32_t>()[static_cast<std::size_t>(at)];
  if (slot >= length) {
    if (position != -1 || !(got["value"].get(at) < -3.4e38)) {
      return fmt::format(
          "index[{},{}] is {} with value {}, expected -1 with -inf: row {} has {} "
          "valid entries",
          row, slot, position, got["value"].get(at), row, length);
    }
    return std::nullopt;
  }
  if (position < 0 || position >= length) {
    return fmt::format("index[{},{}] is {}, expected a position of [0,{})", row, slot, position,
                       length);
  }
  const Taken here{rank_of(logits, row * c.columns + position), position};
  if (rank_of(got["value"], at) != here.rank) {
    return fmt::format("value[{},{}] is {}, expected logits[{},{}] = {} bit for bit", row, slot,
                       got["value"].get(at), row, position, logits.get(row * c.columns + position));
  }
  if (c.order == TopKOrder::sorted && !taken.empty() && !better(taken.back(), here)) {
    return fmt::format(
        "index[{},{}] = {} stands behind {}, expected (value falling, position "
        "rising)",
        row, slot, position, taken.back().position);
  }
  taken.push_back(here);
  return std::nullopt;
}

std::optional<std::string> row_fault(const TopKCase& c, const TensorSet& got, std::int64_t row) {
  const Tensor& logits = got["logits"];
  std::vector<Taken> taken;
  for (std::int64_t slot = 0; slot < c.k; ++slot) {
    if (auto fault = slot_fault(c, got, row, slot, taken)) return fault;
  }
  if (taken.empty()) return std::nullopt;
  std::sort(taken.begin(), taken.end(), better);
  const auto twice = std::adjacent_find(taken.begin(), taken.end());
  if (twice != taken.end()) {
    return fmt::format("row {} names position {} twice", row, twice->position);
  }
  // The selection is right if all entries as good as its worst were taken: then counting is enough.
  const Taken worst = taken.back();
  const auto is_worst_rank = [&](const Taken& t) { return t.rank == worst.rank; };
  const std::int64_t ties = std::count_if(taken.begin(), taken.end(), is_worst_rank);
  std::int64_t above = 0;
  std::int64_t equal_before = 0;
  for (std::int64_t i = 0; i < c.length_of(row); ++i) {
    const std::int32_t rank = rank_of(logits, row * c.columns + i);
    if (rank > worst.rank) ++above;
    if (rank == worst.rank && i <= worst.position) ++equal_before;
  }
  const std::int64_t above_taken = static_cast<std::int64_t>(taken.size()) - ties;
  if (above != above_taken) {
    return fmt::format(
        "row {}: {} entries are larger than the smallest one taken ({} at {}), "
        "only {} of them were taken",
        row, above, logits.get(row * c.columns + worst.position), worst.position, above_taken);
  }
  if (c.order == TopKOrder::sorted && equal_before != ties) {
    return fmt::format(
        "row {}: of the entries equal to the smallest one taken, {} lie at or "
        "before position {}, only {} of them were taken",
        row, equal_before, worst.position, ties);
  }
  return std::nullopt;
}

}  // namespace

Property selection_property(const TopKCase& c) {
  Property property;
  property.name = "selection";
  property.covers = 2 * c.rows * c.k;
  property.violated = [c](const TensorSet& got) -> std::optional<std::string> {
    for (std::int64_t row = 0; row < c.rows; ++row) {
      if (auto fault = row_fault(c, got, row)) return fault;
    }
    return std::nullopt;
  };
  return property;
}

}  // namespace kernelgate
