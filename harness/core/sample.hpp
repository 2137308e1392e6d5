// Which elements of a large output are judged: its edges, its tile edges and a seeded rest.
#pragma once

#include <cstdint>
#include <vector>

namespace kernelgate {

/// Flat positions of a [rows, columns] output, ascending and unique. All of them when
/// `flops_per_element * rows * columns` is at most `affordable_flops`; else crossings of the first,
/// last and tile-edge rows and columns (multiples of 64, and one before) and at least 4,096 further
/// positions drawn from `key` (docs/verdicts.md, large cases). `all` is never returned as empty.
struct Sample {
  std::vector<std::int64_t> positions;
  bool complete = true;
};
Sample sample_positions(std::int64_t rows, std::int64_t columns, std::int64_t flops_per_element,
                        std::uint64_t key, std::int64_t affordable_flops = 2'000'000'000);

/// The rows alone, for kernels whose truth costs whole rows: all when cheap, else the first, last,
/// tile-edge rows and seeded further ones, at least `least`.
Sample sample_rows(std::int64_t rows, std::int64_t flops_per_row, std::uint64_t key,
                   std::int64_t least = 32, std::int64_t affordable_flops = 2'000'000'000);

}  // namespace kernelgate
