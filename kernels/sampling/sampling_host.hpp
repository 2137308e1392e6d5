// The chain of sampling on one CPU core: dense passes over the row in vector code until the filters
// have cut it down, then work on what is left.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/sampling/host_exp.hpp"
#include "kernels/sampling/sampling_view.hpp"
#include "kernels/top_k/order_key.hpp"

namespace kernelgate {

/// What a row's chain ends in.
struct SamplingAnswer {
  std::int32_t token = -1, kept = 0;
  float probability = 0;
};

template <class T>
class SamplingHost {
 public:
  explicit SamplingHost(std::int64_t vocabulary)
      : x_(static_cast<std::size_t>(vocabulary)),
        weight_(x_.size()),
        left_(x_.size()),
        times_(x_.size()),
        fixed_(FixedPoint::for_terms(vocabulary)) {}

  SamplingAnswer run(const SamplingRow<T>& row) {
    adjust(row);
    const float largest = largest_of(row);
    if (!(largest > -__builtin_inff())) return {};
    if (row.greedy()) {
      const auto first = std::find(x_.begin(), x_.end(), largest);
      return {static_cast<std::int32_t>(first - x_.begin()), 1, 1};
    }
    weigh(largest, row.numbers[min_p]);
    if (row.integers[top_k] > 0) keep_top_k(row.integers[top_k]);
    if (row.numbers[top_p] < 1) keep_top_p(row.numbers[top_p]);
    return draw(row);
  }

 private:
  void adjust(const SamplingRow<T>& row) {
    float* x = x_.data();
    for (std::int64_t i = 0; i < row.real_ids; ++i) x[i] = to_float(row.logits[i]);
    std::fill(x + row.real_ids, x + row.vocabulary, -__builtin_inff());
    if (row.allowed != nullptr) {
      for (std::int64_t begin = 0; begin < row.vocabulary; begin += 32) {
        const std::uint32_t bits = row.allowed[begin >> 5];
        const auto here = static_cast<int>(std::min<std::int64_t>(32, row.vocabulary - begin));
        for (int b = 0; b < here; ++b) {
          x[begin + b] = (bits >> b & 1U) != 0 ? x[begin + b] : -__builtin_inff();
        }
      }
    }
    std::int64_t outputs = 0;
    for (std::int64_t j = 0; j < row.outputs; ++j) outputs += row.is_id(row.output[j]) ? 1 : 0;
    for (std::int64_t j = 0; outputs < row.integers[min_tokens] && j < row.stops; ++j) {
      if (row.is_id(row.stop[j])) x[row.stop[j]] = -__builtin_inff();
    }
    for (std::int64_t j = 0; j < row.biases; ++j) {
      if (row.is_id(row.bias_token[j])) x[row.bias_token[j]] += row.bias_add[j];
    }
    penalise(row);
  }

  // times_ is zero between rows: bit 0 says seen, the bits above count the times in the output.
  void penalise(const SamplingRow<T>& row) {
    for (std::int64_t j = 0; j < row.prompts; ++j) {
      if (row.is_id(row.prompt[j])) times_[static_cast<std::size_t>(row.prompt[j])] |= 1;
    }
    for (std::int64_t j = 0; j < row.outputs; ++j) {
      if (!row.is_id(row.output[j])) continue;
      std::uint32_t& times = times_[static_cast<std::size_t>(row.output[j])];
      times = (times | 1) + 2;
    }
    const auto apply = [&](std::int32_t id) {
      if (!row.is_id(id) || times_[static_cast<std::size_t>(id)] == 0) return;
      float& x = x_[static_cast<std::size_t>(id)];
      x = row.penalised(x, times_[static_cast<std::size_t>(id)] >> 1);
      times_[static_cast<std::size_t>(id)] = 0;  // an id that comes again is done
    };
    for (std::int64_t j = 0; j < row.prompts; ++j) apply(row.prompt[j]);
    for (std::int64_t j = 0; j < row.outputs; ++j) apply(row.output[j]);
  }

  // Divides by the temperature on the way. Lanes of maxima, for compilers may not reorder them.
  float largest_of(const SamplingRow<T>& row) {
    constexpr std::size_t lanes = 16;
    float most[lanes];
    std::fill_n(most, lanes, -__builtin_inff());
    const float divisor = row.greedy() ? 1 : row.numbers[temperature];
    const auto tempered = [divisor](float x) {
      x = x / divisor;
      return x > -__builtin_inff() ? x + 0.0F : -__builtin_inff();
    };
    std::size_t i = 0;
    for (; i + lanes <= x_.size(); i += lanes) {
      for (std::size_t l = 0; l < lanes; ++l) {
        const float x = tempered(x_[i + l]);
        x_[i + l] = x;
        most[l] = x > most[l] ? x : most[l];
      }
    }
    for (; i < x_.size(); ++i) most[0] = std::max(most[0], x_[i] = tempered(x_[i]));
    return *std::max_element(most, most + lanes);
  }

  // Weights of all, and the list of those that are in: min-p drops weights below it, never a 1.
  void weigh(float largest, float least) {
    const std::size_t size = x_.size();
    for (std::size_t i = 0; i < size; ++i) {
      weight_[i] = x_[i] == largest ? 1 : host_exp(x_[i] - largest);
    }
    if (!(least > 0)) least = 0;
    left_count_ = 0;
    for (std::size_t i = 0; i < size; ++i) {
      left_[left_count_] = static_cast<std::int32_t>(i);
      const bool in = x_[i] == largest || weight_[i] >= least;
      left_count_ += in && x_[i] > -__builtin_inff() ? 1U : 0U;
    }
  }

  float x_of(std::int32_t id) const { return x_[static_cast<std::size_t>(id)]; }
  std::uint64_t mass_of(std::int32_t id) const {
    return fixed_.of(weight_[static_cast<std::size_t>(id)]);
  }
  template <class Keep>
  void keep_if(const Keep& keep) {
    const auto end = left_.begin() + static_cast<std::ptrdiff_t>(left_count_);
    left_count_ = static_cast<std::size_t>(
        std::remove_if(left_.begin(), end, [&](std::int32_t id) { return !keep(id); }) -
        left_.begin());
  }

  void keep_top_k(std::int64_t k) {
    if (k >= static_cast<std::int64_t>(left_count_)) return;
    values_.clear();
    for (std::size_t j = 0; j < left_count_; ++j) values_.push_back(x_of(left_[j]));
    const auto kth = values_.begin() + (k - 1);
    std::nth_element(values_.begin(), kth, values_.end(), std::greater<>());
    keep_if([this, limit = *kth](std::int32_t id) { return x_of(id) >= limit; });
  }

  // Bins of mass by the upper bits of the order find the bin in which the cumulative sum, from
  // small x upwards, exceeds the limit; what lies in it is sorted.
  void keep_top_p(float p) {
    std::uint64_t total = 0;
    constexpr int shift = 21;
    mass_.assign(std::size_t{1} << (32 - shift), 0);
    const auto rising = [this](std::int32_t id) { return ~order_key(upper_bits(x_of(id))); };
    for (std::size_t j = 0; j < left_count_; ++j) {
      const std::uint64_t mass = mass_of(left_[j]);
      mass_[rising(left_[j]) >> shift] += mass;
      total += mass;
    }
    std::uint64_t left = fixed_.dropped_by(p, total);
    std::uint32_t bin = 0;
    for (; mass_[bin] <= left; ++bin) left -= mass_[bin];
    edge_.clear();
    for (std::size_t j = 0; j < left_count_; ++j) {
      if (rising(left_[j]) >> shift == bin) edge_.push_back(left_[j]);
    }
    // Rising x, among equals the highest index first.
    std::sort(edge_.begin(), edge_.end(), [this](std::int32_t a, std::int32_t b) {
      return x_of(a) != x_of(b) ? x_of(a) < x_of(b) : a > b;
    });
    std::size_t dropped = 0;
    while (mass_of(edge_[dropped]) <= left) left -= mass_of(edge_[dropped++]);
    const float x_edge = x_of(edge_[dropped]);
    const std::int32_t last = edge_[dropped];
    keep_if([=, this](std::int32_t id) {
      return x_of(id) > x_edge || (x_of(id) == x_edge && id <= last);
    });
  }

  SamplingAnswer draw(const SamplingRow<T>& row) const {
    std::uint64_t total = 0;
    for (std::size_t j = 0; j < left_count_; ++j) total += mass_of(left_[j]);
    const float sum = fixed_.to_sum(total);
    SamplingAnswer answer{-1, static_cast<std::int32_t>(left_count_), 0};
    float best = -1;
    for (std::size_t j = 0; j < left_count_; ++j) {
      const float p = weight_[static_cast<std::size_t>(left_[j])] / sum;
      const float score = row.race_above(best, p, left_[j]);
      if (!(score > best)) continue;
      best = score;
      answer.token = left_[j];
      answer.probability = p;
    }
    return answer;
  }

  std::vector<float> x_, weight_, values_;
  std::vector<std::int32_t> left_, edge_;  // left_: ids still in, rising
  std::size_t left_count_ = 0;
  std::vector<std::uint32_t> times_;
  std::vector<std::uint64_t> mass_;
  FixedPoint fixed_;
};

}  // namespace kernelgate
