// Groups the tokens of one run by the expert they chose, on the host.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace kernelgate {

/// Tokens order[first] .. order[first + tokens - 1] share an expert and are multiplied together.
struct TokenBlock {
  std::int64_t expert = 0, first = 0, tokens = 0;
};

/// Stable counting sort over the experts and the skip bin. A choice outside [0,experts) is skip.
class HostGroups {
 public:
  void group(std::span<const std::int32_t> choice, std::int64_t experts, std::int64_t most) {
    const auto bin_of = [=](std::int32_t e) {
      return static_cast<std::size_t>(e >= 0 && e < experts ? e : experts);
    };
    offset_.assign(static_cast<std::size_t>(experts) + 2, 0);
    for (const std::int32_t e : choice) ++offset_[bin_of(e) + 1];
    for (std::size_t e = 1; e < offset_.size(); ++e) offset_[e] += offset_[e - 1];
    next_.assign(offset_.begin(), offset_.end() - 1);
    order_.resize(choice.size());
    for (std::size_t t = 0; t < choice.size(); ++t) {
      const std::int64_t place = next_[bin_of(choice[t])]++;
      order_[static_cast<std::size_t>(place)] = static_cast<std::int64_t>(t);
    }
    blocks_.clear();
    for (std::int64_t e = 0; e < experts; ++e) {
      const std::int64_t end = offset_[static_cast<std::size_t>(e) + 1];
      for (std::int64_t at = offset_[static_cast<std::size_t>(e)]; at < end; at += most) {
        blocks_.push_back({e, at, std::min(most, end - at)});
      }
    }
  }

  const std::vector<TokenBlock>& blocks() const { return blocks_; }
  std::int64_t token(std::int64_t place) const { return order_[static_cast<std::size_t>(place)]; }
  std::span<const std::int64_t> skipping() const {
    return std::span(order_).subspan(static_cast<std::size_t>(offset_[offset_.size() - 2]));
  }

 private:
  std::vector<std::int64_t> offset_, next_, order_;
  std::vector<TokenBlock> blocks_;
};

}  // namespace kernelgate
