// Shared memory that kernels may claim, in bytes of a block. The numbers are those of the profiles
// (harness/devices/profiles.csv; a test compares), by their smallest in each family.
#pragma once

#include <cstdint>

namespace kernelgate {
inline namespace KG_FLAVOUR {

/// Every AMD profile but gfx950: gfx942 (CDNA3) too, whatever is written elsewhere.
inline constexpr std::int64_t k_lds_amd = 65536;
inline constexpr std::int64_t k_lds_gfx950 = 163840;
/// sm_86, sm_89, sm_120.
inline constexpr std::int64_t k_lds_sm86 = 101376;
inline constexpr std::int64_t k_lds_sm80 = 166912;
/// sm_90, sm_100.
inline constexpr std::int64_t k_lds_sm90 = 232448;
/// Every profile of a real device.
inline constexpr std::int64_t k_lds_everywhere = 65536;

}  // namespace KG_FLAVOUR
}  // namespace kernelgate

/// Beside a kernel: its claim to run where a block has so much shared memory. It does not compile
/// when its Shared is larger; compilers print both numbers.
#define K_FITS(Shared, limit)                                                     \
  static_assert(static_cast<std::int64_t>(sizeof(Shared)) <= ::kernelgate::limit, \
                #Shared " needs more shared memory than " #limit)
