// The best k of a row on one CPU core. A sample of the row guesses a threshold; one pass at memory
// speed keeps what reaches it; what is kept is sorted. The guess decides only the speed: too high,
// and the pass is made again without it; too low, and the kept entries are cut back to the best k
// as often as they outgrow their buffer. A larger sample costs a cache miss each 16 numbers, a
// smaller one lets more entries pass that must be sorted.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
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
        rank_(static_cast<std::size_t>(room_ + (streams + 1) * block)),
        position_(rank_.size()),
        kept_(rank_.size()),
        sorted_(rank_.size()),
        sample_(static_cast<std::size_t>(k <= 256 ? 2048 : 4096)) {}

  /// Writes the best min(k, count) of x[0..count) in order; positions count from `first`.
  std::int64_t select(const T* x, std::int64_t count, std::int64_t first, Entry* best) {
    const std::int64_t take = std::min(k_, count);
    const std::int32_t least = guess(x, count);
    if (least == lowest || !scan_streams(x, count, first, least)) scan(x, count, first, least);
    if (kept_count_ < take) scan(x, count, first, lowest);
    gather();
    sort_kept(take, best);
    return take;
  }

 private:
  static constexpr std::int64_t block = block_ranks;
  static constexpr std::int64_t streams = 4;
  static constexpr std::int64_t bytes_ahead = 4096;
  static constexpr std::int64_t sample_line = 16;
  static_assert(sample_line % rank_lanes == 0);
  static constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  static constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();

  // Where numbers i .. i + sample_line - 1 of the sample lie: all over the row.
  const T* sample_at(const T* x, std::int64_t count, std::int64_t i) const {
    const auto lines = static_cast<std::int64_t>(sample_.size()) / sample_line;
    return x + i / sample_line * (count / lines);
  }

  // A rank that somewhat more than k entries reach, if the row is like its sample: the sample's
  // share of the best k, plus four standard deviations and a bit.
  std::int32_t guess(const T* x, std::int64_t count) {
    const auto size = static_cast<std::int64_t>(sample_.size());
    if (count < 8 * size || count < 8 * k_) return lowest;
    const double share =
        static_cast<double>(k_) * static_cast<double>(size) / static_cast<double>(count);
    const auto wanted = static_cast<std::int64_t>(share + 4 * std::sqrt(share) + 4);
    if (wanted >= size) return lowest;
    for (std::int64_t i = 0; i < size; i += sample_line) {
      const T* from = sample_at(x, count, i);
      for (std::int64_t j = 0; j < sample_line; j += rank_lanes) {
        const Ranks ranks = load_ranks(from + j);
        std::memcpy(sample_.data() + i + j, &ranks, sizeof(ranks));
      }
    }
    return reached_by(wanted);
  }

  // A rank that at least `wanted` numbers of the sample reach, and not many more. Halving the range
  // of ranks counts in whole registers, which beats partial sorting by far.
  std::int32_t reached_by(std::int64_t wanted) const {
    const auto size = static_cast<std::int64_t>(sample_.size());
    std::int64_t reached = lowest;  // always by `wanted` or more, one above `missed` never
    std::int64_t missed = std::int64_t{highest} + 1;
    while (missed - reached > 1) {
      const std::int64_t middle = (reached + missed) / 2;
      const std::int64_t here =
          count_reaching(sample_.data(), size, static_cast<std::int32_t>(middle));
      (here < wanted ? missed : reached) = middle;
      if (here >= wanted && here <= wanted + wanted / 16) break;
    }
    return static_cast<std::int32_t>(reached);
  }

  // Keeps what reaches `least` of several stretches side by side: one core has more misses in
  // flight over four streams than over one, which reads a third less a second. False when more is
  // kept than there is room for: out of order it cannot be cut back.
  bool scan_streams(const T* x, std::int64_t count, std::int64_t first, std::int32_t least) {
    const std::int64_t stretch = count / (streams * block) * block;
    std::int64_t n = 0;
    for (std::int64_t i = 0; i < stretch; i += block) {
      for (std::int64_t at = i; at < streams * stretch; at += stretch) {
        n = append_block(x + at, first + at, least, n);
      }
      if (n >= room_) return false;
    }
    return scan_rest(x, count, first, least, streams * stretch, n);
  }

  // The same from end to end, cutting back as often as it must.
  void scan(const T* x, std::int64_t count, std::int64_t first, std::int32_t least) {
    std::int64_t n = 0;
    std::int64_t i = 0;
    for (; i + block <= count; i += block) {
      n = append_block(x + i, first + i, least, n);
      if (n < room_) continue;
      kept_count_ = n;
      const bool more = cut_back(least);
      n = kept_count_;
      if (!more) return;
    }
    scan_rest(x, count, first, least, i, n);
  }

  // From i on, where a few blocks at most are left.
  bool scan_rest(const T* x, std::int64_t count, std::int64_t first, std::int32_t least,
                 std::int64_t i, std::int64_t n) {
    for (; i + block <= count; i += block) n = append_block(x + i, first + i, least, n);
    for (; i < count; ++i) {
      rank_[static_cast<std::size_t>(n)] = rank_of_bits(upper_bits(x[i]));
      position_[static_cast<std::size_t>(n)] = static_cast<std::int32_t>(first + i);
      if (rank_[static_cast<std::size_t>(n)] >= least) ++n;
    }
    kept_count_ = n;
    return true;
  }

  // Returns how many are kept with those of this block that reach `least`.
  std::int64_t append_block(const T* x, std::int64_t position, std::int32_t least, std::int64_t n) {
    fetch_ahead(x);
    Ranks here[block_registers];
    for (int v = 0; v < block_registers; ++v) here[v] = load_ranks(x + v * rank_lanes);
    if (!any_reaches(here, least)) return n;
    for (int v = 0; v < block_registers; ++v) {
      n += append_hits(here[v], least, position + v * rank_lanes, rank_.data() + n,
                       position_.data() + n);
    }
    return n;
  }

  // Hardware fetching stops at each page. Nothing may be there: behind the row's end it is wasted.
  static void fetch_ahead(const T* x) {
    const auto from = reinterpret_cast<std::uintptr_t>(x) + bytes_ahead;
    for (std::size_t line = 0; line < block * sizeof(T); line += 64) {
      // NOLINTNEXTLINE(performance-no-int-to-ptr): may lie past the array, where no pointer may
      __builtin_prefetch(reinterpret_cast<const char*>(from + line));
    }
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
  // what lies behind the bin of the last one wanted stays unsorted.
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
    std::size_t needed = 0;
    std::size_t fullest = 0;
    for (std::size_t bin = 0; bin < bins; ++bin) {
      const std::size_t here = end[bin];
      if (before < wanted) {
        fullest = std::max(fullest, here);
        needed = before + here;
      }
      end[bin] = static_cast<std::uint32_t>(before);
      before += here;
    }
    // Every entry goes to its bin: leaving some out would be a branch that no one can predict.
    for (std::size_t i = 0; i < count; ++i) sorted_[end[(kept_[i] - least) >> shift]++] = kept_[i];
    if (fullest > 32) {
      std::sort(sorted_.begin(), sorted_.begin() + static_cast<std::ptrdiff_t>(needed));
    } else {
      insertion_sort(needed);
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
