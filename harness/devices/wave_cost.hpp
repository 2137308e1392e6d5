// What one access of a wave asks of a device's memory, by the profile's banks and transactions: the
// model behind the counters. It knows addresses alone; who executed the access does not matter.
#pragma once

#include <cstdint>
#include <span>

#include "harness/devices/profile.hpp"

namespace kernelgate {

/// What one lane asks for: so many bytes from there on; none where the lane takes no part.
struct LaneAccess {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
};

/// What it takes, and the least that any layout of the same bytes would take.
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

/// Cycles of shared memory. Lanes are served in groups of the profile's phase for their size, from
/// lane 0 on; a group takes as many cycles as one bank has different words to give. Lanes at one
/// word share it. At most 16 bytes a lane.
Cost bank_cycles(std::span<const LaneAccess> lanes, const DeviceProfile& device);

/// Transactions of the profile's sector that a wave's access to a buffer touches; the least is what
/// its different bytes would fill.
Cost sectors(std::span<const LaneAccess> lanes, const DeviceProfile& device);

}  // namespace kernelgate
