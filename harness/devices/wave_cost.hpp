// Models the cost of one access of a wave from the profile's banks and transactions, for the
// counters. The model uses addresses only and is independent of the executor.
#pragma once

#include <cstdint>
#include <span>

#include "harness/devices/profile.hpp"

namespace kernelgate {

/// The access of one lane: an address and a number of bytes; 0 bytes if the lane is inactive.
struct LaneAccess {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
};

/// Cost of an access (`made`), and the minimum for any layout of the same bytes (`least`).
struct Cost {
  std::uint64_t made = 0;
  std::uint64_t least = 0;

  Cost& operator+=(const Cost& other) {
    made += other.made;
    least += other.least;
    return *this;
  }
  bool operator==(const Cost&) const = default;
};

/// Shared-memory cycles. Lanes are served from lane 0 on in groups of the profile's phase for their
/// access size. A group takes as many cycles as the largest number of different words in one bank.
/// Lanes that access the same word share it. At most 16 bytes per lane.
Cost bank_cycles(std::span<const LaneAccess> lanes, const DeviceProfile& device);

/// Transactions of the profile's sector that a wave's access to a buffer touches. The minimum is
/// the number of sectors that its different bytes would fill.
Cost sectors(std::span<const LaneAccess> lanes, const DeviceProfile& device);

}  // namespace kernelgate
