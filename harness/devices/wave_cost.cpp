#include "harness/devices/wave_cost.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/core/pieces.hpp"

namespace kernelgate {

namespace {

constexpr std::uint64_t bank_bytes = 4;  // width of one bank

// The distinct units of size `unit` that the lanes touch, in ascending order.
std::vector<std::uint64_t> touched(std::span<const LaneAccess> lanes, std::uint64_t unit) {
  std::vector<std::uint64_t> units;
  for (const LaneAccess& lane : lanes) {
    if (lane.bytes == 0) continue;
    const std::uint64_t last = (lane.address + lane.bytes - 1) / unit;
    for (std::uint64_t u = lane.address / unit; u <= last; ++u) units.push_back(u);
  }
  std::sort(units.begin(), units.end());
  units.erase(std::unique(units.begin(), units.end()), units.end());
  return units;
}

std::uint64_t different_bytes(std::span<const LaneAccess> lanes) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;  // begin, end
  for (const LaneAccess& lane : lanes) {
    if (lane.bytes > 0) parts.emplace_back(lane.address, lane.address + lane.bytes);
  }
  std::sort(parts.begin(), parts.end());
  std::uint64_t bytes = 0, reached = 0;
  for (const auto& [begin, end] : parts) {
    if (end <= reached) continue;
    bytes += end - std::max(begin, reached);
    reached = end;
  }
  return bytes;
}

}  // namespace

Cost bank_cycles(std::span<const LaneAccess> lanes, const DeviceProfile& device) {
  std::uint32_t widest = 0;
  for (const LaneAccess& lane : lanes) widest = std::max(widest, lane.bytes);
  const std::int64_t phase = widest <= 4   ? device.lds_phase_4
                             : widest <= 8 ? device.lds_phase_8
                                           : device.lds_phase_16;
  const auto banks = static_cast<std::uint64_t>(device.lds_banks);
  Cost cost;
  for (std::size_t first = 0; first < lanes.size(); first += static_cast<std::size_t>(phase)) {
    const auto group =
        lanes.subspan(first, std::min(static_cast<std::size_t>(phase), lanes.size() - first));
    const std::vector<std::uint64_t> words = touched(group, bank_bytes);
    if (words.empty()) continue;
    std::vector<std::uint64_t> of_bank(banks, 0);
    for (const std::uint64_t w : words) ++of_bank[w % banks];
    cost += {*std::max_element(of_bank.begin(), of_bank.end()),
             pieces<std::uint64_t>(words.size(), banks)};
  }
  return cost;
}

Cost sectors(std::span<const LaneAccess> lanes, const DeviceProfile& device) {
  const auto sector = static_cast<std::uint64_t>(device.sector);
  return {touched(lanes, sector).size(), pieces<std::uint64_t>(different_bytes(lanes), sector)};
}

}  // namespace kernelgate
