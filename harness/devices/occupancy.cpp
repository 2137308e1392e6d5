#include "harness/devices/occupancy.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "harness/core/pieces.hpp"

namespace kernelgate {
namespace {

constexpr std::array<std::string_view, 4> limit_names{"waves", "blocks", "registers", "LDS"};

// Number of waves whose registers fit in the cu.
std::int64_t waves_by_registers(std::int64_t registers, const DeviceProfile& device) {
  if (registers > device.max_regs_per_thread) return 0;
  const std::int64_t registers_per_simd = device.regs_per_cu / device.simds_per_cu / device.wave;
  const std::int64_t registers_per_wave = rounded_up(
      std::max<std::int64_t>(registers, 1), std::max<std::int64_t>(device.regs_granule, 1));
  return registers_per_simd / registers_per_wave * device.simds_per_cu;
}

}  // namespace

std::string_view name(OccupancyLimit limit) { return limit_names[static_cast<std::size_t>(limit)]; }

Occupancy occupancy(const BlockUse& use, const DeviceProfile& device) {
  const std::int64_t waves = pieces(use.threads, device.wave);
  const std::int64_t room = waves_by_registers(use.registers, device);
  const std::int64_t lds = rounded_up(use.shared_bytes + device.lds_reserved,
                                      std::max<std::int64_t>(device.lds_granule, 1));
  std::array<std::int64_t, 4> blocks{};
  blocks[0] = device.waves_per_cu / waves;
  blocks[1] = waves == 1 ? device.one_wave_blocks_per_cu : device.blocks_per_cu;
  blocks[2] = room / waves;
  blocks[3] = lds == 0 ? std::numeric_limits<std::int64_t>::max() : device.lds_per_cu / lds;
  if (use.shared_bytes > device.lds_bytes) blocks[3] = 0;
  if (use.threads > device.max_threads) blocks[0] = 0;
  // NVIDIA rejects a block if its warps, rounded up to a multiple of the sub-partitions, do not
  // fit.
  if (device.vendor == Vendor::nvidia && rounded_up(waves, device.simds_per_cu) > room)
    blocks[2] = 0;
  const auto least = std::min_element(blocks.begin(), blocks.end());
  return {*least, *least * waves, static_cast<OccupancyLimit>(least - blocks.begin())};
}

}  // namespace kernelgate
