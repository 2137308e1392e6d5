// Selects the judged elements of a large output: its edges, its tile edges and seeded positions.
#pragma once

#include <cstdint>
#include <vector>

namespace kernelgate {

/// Flat positions of a [rows, columns] output, ascending and unique. All of them if
/// `flops_per_element * rows * columns` is at most `affordable_flops`. Otherwise the crossings of
/// the first, last and tile-edge rows and columns (multiples of 64, and one before) and 4,096 draws
/// from `key` (docs/verdicts.md, large cases). A complete sample lists every position.
struct Sample {
  std::vector<std::int64_t> positions;
  bool complete = true;
};
Sample sample_positions(std::int64_t rows, std::int64_t columns, std::int64_t flops_per_element,
                        std::uint64_t key, std::int64_t affordable_flops = 2'000'000'000);

/// The rows alone, for kernels whose reference is computed per row: all if affordable or at most
/// `least`, else the first, last and tile-edge rows and `least` draws from `key`.
Sample sample_rows(std::int64_t rows, std::int64_t flops_per_row, std::uint64_t key,
                   std::int64_t least = 32, std::int64_t affordable_flops = 2'000'000'000);

}  // namespace kernelgate
