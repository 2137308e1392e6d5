// The best k of a row on one CPU core. A sample of the row guesses a threshold; one pass at memory
// speed keeps what reaches it; what is kept is sorted. The guess decides only the speed: too high,
// and the pass is made again without it; too low, and the kept entries are cut back to the best k as
// often as they outgrow their buffer.
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
      : k_(k), room_(std::max<std::int64_t>(8192, 4 * k)),
        kept_(static_cast<std::size_t>(room_ + block)), other_(kept_.size()) {
    sample_.reserve(most_samples);
  }

  /// Writes the best min(k, count) of x[0..count) in order; positions count from `first`.
  std::int64_t select(const T* x, std::int64_t count, std::int64_t first, Entry* best) {
    const std::int64_t take = std::min(k_, count);
    scan(x, count, first, guess(x, count));
    if (kept_count_ < take) scan(x, count, first, lowest);
    sort_kept();
    std::copy_n(kept_.begin(), take, best);
    return take;
  }

 private:
  static constexpr std::int64_t block = 4 * rank_lanes;
  static constexpr std::int64_t most_samples = 4096;
  static constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  static constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();

  // A rank that somewhat more than k entries reach, if the row is like its sample: the sample's
  // share of the best k, plus four standard deviations and a bit.
  std::int32_t guess(const T* x, std::int64_t count) {
    const std::int64_t size = k_ <= 256 ? 1024 : k_ <= 1536 ? 2048 : most_samples;
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
    in_order_ = true;
    std::int64_t i = 0;
    for (; i + block <= count; i += block) {
      std::uint64_t hits = 0;
      for (int v = 0; v < 4; ++v) {
        hits |= lanes_at_least(load_ranks(x + i + v * rank_lanes), least) << (v * rank_lanes);
      }
      if (hits == 0) continue;
      for (; hits != 0; hits &= hits - 1) keep(x, first, i + std::countr_zero(hits));
      if (kept_count_ > room_ - 1 && !cut_back(least)) return;
    }
    for (; i < count; ++i) {
      if (rank_of_bits(upper_bits(x[i])) >= least) keep(x, first, i);
    }
  }

  void keep(const T* x, std::int64_t first, std::int64_t i) {
    kept_[static_cast<std::size_t>(kept_count_++)] = entry_of(x[i], first + i);
  }

  // Leaves the best k. Later entries have higher positions, so they must have a higher rank than
  // the worst of these; false when no rank is higher.
  bool cut_back(std::int32_t& least) {
    const auto worst = kept_.begin() + k_ - 1;
    std::nth_element(kept_.begin(), worst, kept_.begin() + kept_count_);
    kept_count_ = k_;
    in_order_ = false;
    const auto rank = static_cast<std::int32_t>(key_of(*worst) ^ 0x7FFFFFFFU);
    if (rank == highest) return false;
    least = rank + 1;
    return true;
  }

  // By key alone while positions rise already: counting sorts of the bits in which keys differ.
  void sort_kept() {
    if (!in_order_ || kept_count_ < 128) {
      std::sort(kept_.begin(), kept_.begin() + kept_count_);
      return;
    }
    Entry any = 0;
    Entry all = ~Entry{0};
    for (std::int64_t i = 0; i < kept_count_; ++i) {
      any |= kept_[static_cast<std::size_t>(i)];
      all &= kept_[static_cast<std::size_t>(i)];
    }
    const int width = static_cast<int>(std::bit_width((any ^ all) >> 32));
    const int passes = (width + digit_bits - 1) / digit_bits;
    for (int pass = 0; pass < passes; ++pass) {
      counting_sort(32 + pass * width / passes, 32 + (pass + 1) * width / passes);
    }
  }

  // Stable, by bits [low, high).
  void counting_sort(int low, int high) {
    const auto digit = [=](Entry e) {
      return static_cast<std::size_t>(e >> low & ((Entry{1} << (high - low)) - 1));
    };
    std::uint32_t* place = place_.data();
    std::fill_n(place, std::size_t{1} << (high - low), 0U);
    const auto count = static_cast<std::size_t>(kept_count_);
    for (std::size_t i = 0; i < count; ++i) ++place[digit(kept_[i])];
    std::uint32_t before = 0;
    for (std::size_t d = 0; d < std::size_t{1} << (high - low); ++d) {
      const std::uint32_t here = place[d];
      place[d] = before;
      before += here;
    }
    for (std::size_t i = 0; i < count; ++i) other_[place[digit(kept_[i])]++] = kept_[i];
    std::swap(kept_, other_);
  }

  static constexpr int digit_bits = 11;
  std::int64_t k_, room_;
  std::int64_t kept_count_ = 0;
  bool in_order_ = true;  // positions of what is kept rise
  std::vector<Entry> kept_, other_;
  std::vector<std::uint32_t> place_ = std::vector<std::uint32_t>(std::size_t{1} << digit_bits);
  std::vector<std::int32_t> sample_;
};

}  // namespace kernelgate
