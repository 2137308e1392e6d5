// Which kernel is right on which device in which storage type: the page's first table.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "harness/report/tier.hpp"

namespace kernelgate {

/// The devices, besides its own, that a judgement holds for. Rows alone do not say it: the caller
/// knows what the variants launch.
using CoveredDevices = std::function<std::vector<std::string>(const Record&)>;

/// Judgements of one kernel and storage type on one tier. The scalar truth is left out: it judges.
struct PassCell {
  std::string kernel, dtype;
  Tier tier;
  std::int64_t passed = 0, failed = 0, unsupported = 0;

  // Judgements on other devices that hold here, of variants and cases that have no run here.
  std::int64_t covered_passed = 0, covered_failed = 0;
  std::set<std::string> covered_by;  // the devices of these runs

  std::int64_t ran() const { return passed + failed; }
  std::int64_t covered() const { return covered_passed + covered_failed; }
};

struct PassMatrix {
  std::vector<Tier> tiers;      // measured first, then by name
  std::vector<PassCell> cells;  // those that have rows or are covered, by kernel, type and tier
};

PassMatrix pass_matrix(std::span<const Record> records, const CoveredDevices& covers = {});

}  // namespace kernelgate
