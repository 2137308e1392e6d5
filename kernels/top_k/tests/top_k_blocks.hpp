// For tests: launches top_k's two kernels with any blocks and slices, and compares with the
// reference.
#pragma once

#include <bit>
#include <string>
#include <vector>

#include "harness/core/number.hpp"
#include "kernels/top_k/top_k_launch.hpp"
#include "kernels/top_k/top_k_reference.hpp"
#include "tests/planted/bench_device.hpp"

namespace kernelgate {

/// Rows of f32 and how they are cut. A splitmix64 stream gives their contents, at most `values`
/// different numbers.
struct TopKBlocks {
  std::uint32_t rows = 2, columns = 700, k = 23, slices = 3;
  std::uint32_t slice_threads = 128, merge_threads = 128;
  std::uint64_t values = 1000;

  std::uint32_t length(std::uint32_t row) const { return columns - row * (columns / 3); }
  std::vector<float> logits() const {
    std::vector<float> x(static_cast<std::size_t>(rows) * columns);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = 0.5F * static_cast<float>(word_at(rows + k, i) % values) - 100.0F;
    }
    return x;
  }
};

/// Runs both kernels. Returns the diagnostics or the first wrong index as text; empty if correct.
inline std::string run_blocks(SourceDevice& device, NativeEntries entries, const std::string& of,
                              const TopKBlocks& b) {
  const std::vector<float> x = b.logits();
  std::vector<std::int32_t> lengths;
  for (std::uint32_t row = 0; row < b.rows; ++row) {
    lengths.push_back(static_cast<std::int32_t>(b.length(row)));
  }
  const auto* logits = upload(device, x, "logits");
  const auto* length = upload(device, lengths, "length");
  const std::size_t best = static_cast<std::size_t>(b.rows) * b.k;
  auto* candidate = garbage<std::uint64_t>(device, best * b.slices, "candidates");
  auto* index = garbage<std::int32_t>(device, best, "index");
  auto* value = garbage<float>(device, best, "value");
  const auto bits = static_cast<std::uint32_t>(std::bit_width(b.columns - 1));

  const NativeEntry& slice = entry_named(entries, "top_k_slice<f32," + of + ">");
  const NativeEntry& merge = entry_named(entries, "top_k_merge<f32," + of + ">");
  auto found =
      check_kernel(device, slice, {{b.rows * b.slices, 1, 1}, b.slice_threads, slice.shared_bytes},
                   logits, length, candidate, b.columns, b.slices, b.k, bits);
  if (!found.empty()) return describe(found);
  found = check_kernel(device, merge, {{b.rows, 1, 1}, b.merge_threads, merge.shared_bytes},
                       static_cast<const std::uint64_t*>(candidate), length, index, value,
                       b.columns, b.slices, b.k, bits);
  if (!found.empty()) return describe(found);

  const auto got = download(device, index, best);
  const Values all(Dtype::f32, reinterpret_cast<const std::byte*>(x.data()),
                   static_cast<std::int64_t>(x.size()));
  for (std::uint32_t row = 0; row < b.rows; ++row) {
    const auto want = reference::top_k(all.row(row, b.columns), b.length(row), b.k);
    for (std::uint32_t j = 0; j < b.k; ++j) {
      if (got[row * b.k + j] == want[j]) continue;
      return "index[" + std::to_string(row) + "," + std::to_string(j) + "] got " +
             std::to_string(got[row * b.k + j]) + " expected " + std::to_string(want[j]);
    }
  }
  return "";
}

}  // namespace kernelgate
