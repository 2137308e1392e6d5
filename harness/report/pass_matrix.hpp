// Pass matrix, the page's first table: which kernel is correct on which device in which storage
// type.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "harness/report/tier.hpp"

namespace kernelgate {

/// Returns the devices, besides the row's own, for which its verdict holds. The caller provides it,
/// because rows do not contain what a variant launches.
using CoveredDevices = std::function<std::vector<std::string>(const Record&)>;

/// Verdicts of one kernel and storage type on one tier. Rows of the scalar reference are left out,
/// because it is what the others are judged against.
struct PassCell {
  std::string kernel, dtype;
  Tier tier;
  std::int64_t passed = 0, failed = 0, unsupported = 0;

  // Verdicts from other devices that hold here, for variants and cases without a run here.
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
