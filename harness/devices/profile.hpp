// Device profiles: the limits, widths and granularities of each kind of device, as data.
// profiles.csv contains each number with its source, the vendor's document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate {

enum class Vendor { nvidia, amd, artificial };

/// Matrix instructions by operand layout. A kernel instance is written for one of them.
enum class MatrixFamily {
  none,
  mma_sync_k8,  // sm_75: m16n8k8, f16 only
  mma_sync,     // sm_80 and later: m16n8k16, f16 and bf16
  mfma,         // gfx90a, gfx942, gfx950: V_MFMA_F32_16X16X16
  wmma_gfx11,   // inputs in both halves of the wave
  wmma_gfx12,   // inputs once
};

std::string_view name(Vendor vendor);
std::string_view name(MatrixFamily family);

/// One kind of device. "cu" is the unit that shares registers and LDS: NVIDIA's SM, AMD's compute
/// unit.
struct DeviceProfile {
  std::string name = {};  // "amd-gfx1100-w64"
  Vendor vendor = Vendor::artificial;
  std::string arch = {};  // name for the compiler: "sm_90", "gfx942"; "none"
  std::int64_t wave = 0;  // lanes per wave: 32 or 64

  std::int64_t lds_bytes = 0;          // maximum per block
  std::int64_t lds_default_bytes = 0;  // maximum without the opt-in of cudaFuncSetAttribute
  std::int64_t lds_per_cu = 0;         // bytes shared by the blocks of a cu
  std::int64_t lds_granule = 0;        // a block's LDS is rounded up to this, in bytes
  std::int64_t lds_reserved = 0;       // bytes added to every block's LDS by the system

  std::int64_t max_threads = 0;          // per block
  std::int64_t max_regs_per_thread = 0;  // 32-bit registers; AMD: VGPRs, plus AGPRs if any
  std::int64_t regs_per_cu = 0;          // 32-bit registers of all lanes and SIMDs
  std::int64_t regs_granule = 0;         // registers per thread are rounded up to this
  std::int64_t simds_per_cu = 0;         // partitions of the registers
  std::int64_t waves_per_cu = 0;
  std::int64_t blocks_per_cu = 0;
  std::int64_t one_wave_blocks_per_cu = 0;  // the limit for blocks of a single wave

  std::int64_t lds_banks = 0;     // of 4 bytes
  std::int64_t lds_phase_4 = 0;   // lanes served together when each accesses 4 bytes,
  std::int64_t lds_phase_8 = 0;   // 8 bytes,
  std::int64_t lds_phase_16 = 0;  // 16 bytes
  std::int64_t line = 0;          // bytes of a cache line
  std::int64_t sector = 0;        // bytes of the smallest transaction

  MatrixFamily matrix = MatrixFamily::none;
};

/// One row of profiles.csv.
struct ProfileFact {
  std::string profile, field, value, source;
};

/// Every profile in the order of profiles.csv: NVIDIA's, AMD's, the artificial ones.
std::span<const DeviceProfile> device_profiles();

/// The index of a profile in device_profiles().
std::size_t device_index(const DeviceProfile& profile);

/// Every number with its source, in the order of profiles.csv.
std::span<const ProfileFact> profile_facts();

/// The profile of that name, such as "nv-sm90"; nullptr if there is none.
const DeviceProfile* find_device_profile(std::string_view name);

/// The same, but throws BadInput with the known names.
const DeviceProfile& device_profile(std::string_view name);

/// The rows of such a file; `file` is its name in messages. Throws BadInput for an invalid row.
std::vector<ProfileFact> read_profile_facts(std::string_view csv, const std::string& file);

/// Profiles from facts. Throws BadInput for a field that is unknown, missing or repeated, for a
/// value that is not a number and for a fact without a source.
std::vector<DeviceProfile> profiles_from(std::span<const ProfileFact> facts);

}  // namespace kernelgate
