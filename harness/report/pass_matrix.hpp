// Which kernel is right on which device in which storage type: the page's first table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/report/tier.hpp"

namespace kernelgate {

/// Judgements of one kernel and storage type on one tier. The scalar truth is left out: it judges.
struct PassCell {
  std::string kernel, dtype;
  Tier tier;
  std::int64_t passed = 0, failed = 0, unsupported = 0;

  std::int64_t ran() const { return passed + failed; }
};

struct PassMatrix {
  std::vector<Tier> tiers;      // measured first, then by name
  std::vector<PassCell> cells;  // those that have rows, by kernel, type and tier
};

PassMatrix pass_matrix(std::span<const Record> records);

}  // namespace kernelgate
