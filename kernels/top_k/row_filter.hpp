// The best k of a row on one CPU core. A sample of the row guesses a threshold; one pass at memory
// speed keeps what reaches it; what is kept is sorted. The guess decides only the speed: too high,
// and the pass is made again without it; too low, and the kept entries are cut back to the best k
// as often as they outgrow their buffer.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "kernels/top_k/order_key.hpp"
#include "kernels/top_k/scan_lanes.hpp"

namespace kernelgate {

template <class T>
class RowFilter {
 public:
  explicit RowFilter(std::int64_t k)
      : k_(k),
        room_(std::max<std::int64_t>(8192, 4 * k)),
        rank_(static_cast<std::size_t>(room_ + 2 * block)),
        position_(rank_.size()),
        kept_(rank_.size()),
        sorted_(rank_.size()) {
    sample_.reserve(most_samples);
  }

  /// Writes the best min(k, count) of x[0..count) in order; positions count from `first`.
  std::int64_t select(const T* x, std::int64_t count, std::int64_t first, Entry* best) {
    const std::int64_t take = std::min(k_, count);
    scan(x, count, first, guess(x, count));
    if (kept_count_ < take) scan(x, count, first, lowest);
    gather();
    sort_kept(take, best);
    return take;
  }

 private:
  static constexpr std::int64_t block = 4 * rank_lanes;
  static constexpr std::int64_t most_samples = 2048;
  static constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  static constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();

  // A rank that somewhat more than k entries reach, if the row is like its sample: the sample's
  // share of the best k, plus four standard deviations and a bit.
  std::int32_t guess(const T* x, std::int64_t count) {
    const std::int64_t size = k_ <= 1536 ? 1024 : most_samples;
    if (count < 8 * size || count < 8 * k_) return lowest;
    constexpr std::int64_t line = 16;
    sample_.clear();
    for (std::int64_t i = 0; i < size / line; ++i) {
      const T* from = x + i * (count / (size / line));
      for (std::int64_t j = 0; j < line; ++j) sample_.push_back(rank_of_bits(upper_bits(from[j])));
    }
    const double share =
        static_cast<double>(k_) * static_cast<double>(size) / static_cast<double>(count);
    const auto wanted = static_cast<std::int64_t>(share + 4 * std::sqrt(share) + 3);
    if (wanted >= size) return lowest;
    const auto nth = sample_.begin() + wanted;
    std::nth_element(sample_.begin(), nth, sample_.end(), std::greater<>());
    return *nth;
  }

  void scan(const T* x, std::int64_t count, std::int64_t first, std::int32_t least) {
    kept_count_ = 0;
    std::int32_t* ranks = rank_.data();
    std::int32_t* positions = position_.data();
    std::int64_t n = 0;
    std::int64_t i = 0;
    for (; i + block <= count; i += block) {
      for (int v = 0; v < 4; ++v) {
        const std::int64_t at = i + v * rank_lanes;
        n += append_hits(load_ranks(x + at), least, first + at, ranks + n, positions + n);
      }
      if (n < room_) continue;
      kept_count_ = n;
      const bool more = cut_back(least);
      n = kept_count_;
      if (!more) return;
    }
    for (; i < count; ++i) {
      ranks[n] = rank_of_bits(upper_bits(x[i]));
      positions[n] = static_cast<std::int32_t>(first + i);
      if (ranks[n] >= least) ++n;
    }
    kept_count_ = n;
  }

  void gather() {
    for (std::int64_t i = 0; i < kept_count_; ++i) {
      kept_[static_cast<std::size_t>(i)] =
          static_cast<Entry>(key_of_rank(rank_[static_cast<std::size_t>(i)])) << 32 |
          static_cast<std::uint32_t>(position_[static_cast<std::size_t>(i)]);
    }
  }

  // Leaves the best k. Later entries have higher positions, so they must have a higher rank than
  // the worst of these; false when no rank is higher.
  bool cut_back(std::int32_t& least) {
    gather();
    std::nth_element(kept_.begin(), kept_.begin() + k_ - 1, kept_.begin() + kept_count_);
    kept_count_ = k_;
    std::int32_t worst = highest;
    for (std::size_t i = 0; i < static_cast<std::size_t>(k_); ++i) {
      rank_[i] = static_cast<std::int32_t>(key_of(kept_[i]) ^ 0x7FFFFFFFU);
      position_[i] = position_of(kept_[i]);
      worst = std::min(worst, rank_[i]);
    }
    if (worst == highest) return false;
    least = worst + 1;
    return true;
  }

  // The best `take` of what is kept, in order. One pass distributes them over bins of equal width;
  // what lies behind the bin of the last one wanted is dropped unsorted.
  void sort_kept(std::int64_t take, Entry* best) {
    const auto count = static_cast<std::size_t>(kept_count_);
    const auto wanted = static_cast<std::size_t>(take);
    if (count < 128) {
      std::sort(kept_.begin(), kept_.begin() + kept_count_);
      std::copy_n(kept_.begin(), take, best);
      return;
    }
    Entry least = no_entry;
    Entry most = 0;
    for (std::size_t i = 0; i < count; ++i) {
      least = std::min(least, kept_[i]);
      most = std::max(most, kept_[i]);
    }
    const int shift = std::max(0, static_cast<int>(std::bit_width(most - least)) - bin_bits);
    std::uint32_t* end = bin_end_.data();
    std::fill_n(end, bins, 0U);
    for (std::size_t i = 0; i < count; ++i) ++end[(kept_[i] - least) >> shift];
    std::size_t before = 0;
    std::size_t last = 0;
    std::size_t fullest = 0;
    for (; last < bins && before < wanted; ++last) {
      const std::size_t here = end[last];
      fullest = std::max(fullest, here);
      end[last] = static_cast<std::uint32_t>(before);
      before += here;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t bin = (kept_[i] - least) >> shift;
      if (bin < last) sorted_[end[bin]++] = kept_[i];
    }
    if (fullest > 32) {
      std::sort(sorted_.begin(), sorted_.begin() + static_cast<std::ptrdiff_t>(before));
    } else {
      insertion_sort(before);
    }
    std::copy_n(sorted_.begin(), take, best);
  }

  // Entries are at most a bin away from their place.
  void insertion_sort(std::size_t count) {
    for (std::size_t i = 1; i < count; ++i) {
      const Entry e = sorted_[i];
      std::size_t to = i;
      for (; to > 0 && sorted_[to - 1] > e; --to) sorted_[to] = sorted_[to - 1];
      sorted_[to] = e;
    }
  }

  static constexpr int bin_bits = 11;
  static constexpr std::size_t bins = std::size_t{1} << bin_bits;
  std::int64_t k_, room_;
  std::int64_t kept_count_ = 0;
  std::vector<std::int32_t> rank_, position_;  // of what is kept
  std::vector<Entry> kept_, sorted_;
  std::vector<std::uint32_t> bin_end_ = std::vector<std::uint32_t>(bins);
  std::vector<std::int32_t> sample_;
};

}  // namespace kernelgate
