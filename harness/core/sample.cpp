#include "harness/core/sample.hpp"

#include <algorithm>

#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t tile = 64;

// First, last, the two sides of up to eight tile edges spread over the extent.
std::vector<std::int64_t> edges(std::int64_t extent) {
  std::vector<std::int64_t> list{0, extent - 1};
  const std::int64_t tiles = extent / tile;
  const std::int64_t step = std::max<std::int64_t>(1, tiles / 8);
  for (std::int64_t t = step; t <= tiles; t += step) {
    list.push_back(t * tile - 1);
    if (t * tile < extent) list.push_back(t * tile);
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

bool affordable(std::int64_t count, std::int64_t flops_each, std::int64_t limit) {
  std::int64_t total = 0;
  return !__builtin_mul_overflow(count, flops_each, &total) && total <= limit;
}

void finish(std::vector<std::int64_t>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

Sample sample_positions(std::int64_t rows, std::int64_t columns, std::int64_t flops_per_element,
                        std::uint64_t key, std::int64_t affordable_flops) {
  Sample sample;
  const std::int64_t count = rows * columns;
  if (count <= 0) return sample;
  if (affordable(count, flops_per_element, affordable_flops)) {
    sample.positions.resize(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) sample.positions[static_cast<std::size_t>(i)] = i;
    return sample;
  }
  sample.complete = false;
  for (const std::int64_t r : edges(rows)) {
    for (const std::int64_t c : edges(columns)) sample.positions.push_back(r * columns + c);
  }
  for (std::uint64_t i = 0; i < 4096; ++i) {
    sample.positions.push_back(
        static_cast<std::int64_t>(word_at(key, i) % static_cast<std::uint64_t>(count)));
  }
  finish(sample.positions);
  return sample;
}

Sample sample_rows(std::int64_t rows, std::int64_t flops_per_row, std::uint64_t key,
                   std::int64_t least, std::int64_t affordable_flops) {
  Sample sample;
  if (rows <= 0) return sample;
  if (affordable(rows, flops_per_row, affordable_flops) || rows <= least) {
    for (std::int64_t r = 0; r < rows; ++r) sample.positions.push_back(r);
    return sample;
  }
  sample.complete = false;
  sample.positions = edges(rows);
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(least); ++i) {
    sample.positions.push_back(
        static_cast<std::int64_t>(word_at(key, i) % static_cast<std::uint64_t>(rows)));
  }
  finish(sample.positions);
  return sample;
}

}  // namespace kernelgate
